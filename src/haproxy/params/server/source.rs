//! Where connections to servers come from: `source`, on a server's line or its own (manual 4.2, 5.2).

use crate::haproxy::lower::address;
use crate::ir::address::Address;
use crate::ir::server::{Source, UseSrc};
use crate::text::grammar::Word;

/// `addr[:low[-high]] [usesrc X] [interface name]`: the source, and how many words it took.
///
/// # Errors
/// The original's words.
pub fn source(words: &[Word]) -> Result<(Source, usize), String> {
    let first = words.first().ok_or("'source' expects <addr>[:<port>[-<port>]], and optionally 'usesrc' <addr>, and 'interface' <name> as argument.")?;
    let p = address::parse(&first.text, address::Allowed { range: true, ..address::PLAIN })?;
    let mut s = Source {
        address: p.address,
        ports: (p.has_port && p.ports.0 > 0).then_some(p.ports),
        usesrc: None,
        interface: None,
    };
    let mut used = 1;
    while let Some(w) = words.get(used) {
        let value = words.get(used + 1);
        match w.text.as_str() {
            "usesrc" => {
                let v = value
                    .ok_or("'usesrc' expects <addr>[:<port>], 'client', 'clientip', or 'hdr_ip(name,#)' as argument")?;
                s.usesrc = Some(usesrc(&v.text)?);
            }
            "interface" => s.interface = Some(value.ok_or("'server' : missing interface name")?.text.clone()),
            _ => break,
        }
        used += 2;
    }
    Ok((s, used))
}

fn usesrc(text: &str) -> Result<UseSrc, String> {
    Ok(match text {
        "client" => UseSrc::Client,
        "clientip" => UseSrc::ClientIp,
        t => match t.strip_prefix("hdr_ip(").and_then(|r| r.strip_suffix(')')) {
            Some(_) => return Err("'usesrc hdr_ip' is not implemented in this version of Hawser".to_owned()),
            None => match address::parse(t, address::PLAIN)?.address {
                Address::Name { .. } => return Err(format!("'usesrc {t}' : invalid address: '{t}' in '{t}'")),
                a => UseSrc::Address(a),
            },
        },
    })
}
