//! Statistics as CSV, and as typed text (management guide 9.1, 9.2).

use std::fmt::Write as _;

use super::field::Value;
use super::fields::FIELDS;
use super::row::Row;

/// The header line, with the `#` and the comma at its end.
pub fn header() -> String {
    let mut out = String::from("# ");
    for f in FIELDS {
        out.push_str(f.name);
        out.push(',');
    }
    out.push('\n');
    out
}

/// One line.
pub fn line(row: &Row) -> String {
    let mut out = String::new();
    for v in &row.values {
        match v {
            Some(Value::Str(s)) => quote(s, &mut out),
            Some(v) => {
                let _ = write!(out, "{v}");
            }
            None => {}
        }
        out.push(',');
    }
    out.push('\n');
    out
}

/// Header and lines.
pub fn render(rows: &[Row]) -> String {
    rows.iter().fold(header(), |out, r| out + &line(r))
}

/// RFC 4180 section 2.
fn quote(text: &str, out: &mut String) {
    if text.contains([',', '"', '\n', '\r']) {
        let _ = write!(out, "\"{}\"", text.replace('"', "\"\""));
    } else {
        out.push_str(text);
    }
}

/// `F.2.0.4.scur.1:MGP:u32:0`: kind, proxy, id, column, name, process, tags, type, value.
pub fn typed(rows: &[Row]) -> String {
    let mut out = String::new();
    for row in rows {
        let mut column = 0;
        for (f, v) in FIELDS.iter().zip(&row.values) {
            // The separator of the CSV form is no field.
            if f.name == "-" {
                continue;
            }
            if let Some(v) = v {
                let (origin, nature, scope) = f.tags(row.kind);
                let tags = [origin.letter(), nature.letter(), scope.letter()].iter().collect::<String>();
                let _ = writeln!(
                    out,
                    "{}.{}.{}.{column}.{}.1:{tags}:{}:{v}",
                    row.kind.letter(),
                    row.proxy_id,
                    row.id,
                    f.name,
                    v.type_name()
                );
            }
            column += 1;
        }
    }
    out
}
