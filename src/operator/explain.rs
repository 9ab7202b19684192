//! `hawser explain FILE [--peer FILE]`: who is master when what fails, and why a pair of files cannot work.

use super::simulate::read;
use crate::{
    explain::{self, Explanation, Question, Row, Standing, Story},
    failover::checks::GRACE,
    ir::failover::{Failover, Script},
    keepalived::Checked,
    process::alive,
    vrrp::{State, Timing},
};
use clap::Args;
use serde_json::{Value, json};
use std::{path::PathBuf, process::ExitCode, time::Duration};

#[derive(Args, Debug)]
pub struct Options {
    /// keepalived.conf of a node
    file: PathBuf,
    /// keepalived.conf of the other node
    #[arg(long)]
    peer: Option<PathBuf>,
    /// On the original's timeline
    #[arg(long)]
    original_timing: bool,
    /// One JSON object instead of tables
    #[arg(long)]
    json: bool,
}

/// 0 when all is well, 1 when the two nodes cannot be a pair, 2 when a file cannot be used.
#[must_use]
pub fn run(options: &Options) -> ExitCode {
    let files: Vec<&PathBuf> = std::iter::once(&options.file).chain(&options.peer).collect();
    let read = files.iter().map(|file| read(file)).collect::<Result<Vec<_>, _>>();
    let checked = match read {
        Ok(checked) => checked,
        Err(error) => {
            eprintln!("hawser explain: {error}");
            return ExitCode::from(2);
        }
    };
    let configs: Vec<Failover> = checked.iter().map(|checked| checked.config.clone()).collect();
    let timing = if options.original_timing { Timing::Original } else { Timing::Prompt };
    let watched = |script: &Script| {
        let at_once = timing == Timing::Prompt && alive::question(&script.command.argv).is_some();
        at_once.then_some(GRACE)
    };
    let found = explain::explain(&Question { configs: &configs, timing, watched: &watched });
    if options.json {
        println!("{}", as_json(&found, &checked));
    } else {
        for (node, file) in files.iter().enumerate() {
            println!("node {}: {}", node + 1, file.display());
        }
        found.routers.iter().for_each(|story| println!("{}", show(story)));
        println!("{}", verdict(&found, &checked));
    }
    ExitCode::from(u8::from(!found.quarrels.is_empty()))
}

/// The table of one router.
fn show(story: &Story) -> String {
    let addresses: Vec<String> = story.addresses.iter().map(ToString::to_string).collect();
    let mut out =
        format!("\n{} ({} router {}): {}\n", story.name, story.family.name(), story.vrid, addresses.join(", "));
    let whats: Vec<String> = story.rows.iter().map(|row| what(row, row.nodes.len())).collect();
    let width = whats.iter().map(|text| text.chars().count()).max().unwrap_or(0);
    let nodes = story.rows.first().map_or(0, |row| row.nodes.len());
    let heads: String = (1..=nodes).map(|node| format!("  {:>8}", format!("node {node}"))).collect();
    let rest = if nodes > 1 { "  master     address moves" } else { "" };
    out.push_str(&format!("  {:width$}{heads}{rest}\n", ""));
    for (row, what) in story.rows.iter().zip(whats) {
        let states: String = row.nodes.iter().map(|node| format!("  {:>8}", standing(*node))).collect();
        let rest = if nodes > 1 { format!("  {:9}  {}", masters(row), moves(row)) } else { String::new() };
        out.push_str(format!("  {what:width$}{states}{rest}").trim_end());
        out.push('\n');
    }
    out.trim_end().to_owned()
}

fn what(row: &Row, nodes: usize) -> String {
    let each: Vec<String> = row
        .causes
        .iter()
        .map(|(node, cause)| if nodes > 1 { format!("{cause} ({})", node + 1) } else { cause.to_string() })
        .collect();
    if each.is_empty() { "everything works".to_owned() } else { each.join(", ") }
}

/// The effective priority, or why there is none.
fn standing(of: Standing) -> String {
    match of {
        Standing::Gone => "-".to_owned(),
        Standing::Is { state: state @ (State::Fault | State::Init), .. } => state.name().to_owned(),
        Standing::Is { priority, .. } => priority.to_string(),
    }
}

fn masters(row: &Row) -> String {
    let names: Vec<String> = row.masters.iter().map(|node| format!("node {}", node + 1)).collect();
    if names.is_empty() { "nobody".to_owned() } else { names.join(", ") }
}

fn moves(row: &Row) -> String {
    if row.restless {
        return "to and fro".to_owned();
    }
    match row.moved {
        None => String::new(),
        Some(moved) if moved.noticed.is_zero() => format!("in {}", time(moved.after)),
        Some(moved) => {
            format!(
                "in {} at most ({} to notice, {} to move)",
                time(moved.noticed + moved.after),
                time(moved.noticed),
                time(moved.after)
            )
        }
    }
}

fn time(of: Duration) -> String {
    if of < Duration::from_secs(1) { format!("{} ms", of.as_millis()) } else { format!("{:.2} s", of.as_secs_f64()) }
}

fn verdict(found: &Explanation, checked: &[Checked]) -> String {
    let mut out = String::new();
    for remark in &found.remarks {
        let (file, line) = checked[remark.node].sources.locate(remark.at);
        out.push_str(&format!("\n{file}:{line}: {}", remark.text));
    }
    for quarrel in &found.quarrels {
        out.push_str(&format!("\nbroken: {quarrel}"));
    }
    if checked.len() > 1 && found.quarrels.is_empty() {
        out.push_str("\nThe two nodes understand each other.");
    }
    out
}

fn as_json(found: &Explanation, checked: &[Checked]) -> Value {
    let row = |row: &Row| {
        let causes: Vec<Value> =
            row.causes.iter().map(|(node, cause)| json!({"node": node + 1, "what": cause.to_string()})).collect();
        let nodes: Vec<Value> = row
            .nodes
            .iter()
            .map(|node| match node {
                Standing::Gone => Value::Null,
                Standing::Is { state, priority } => json!({"state": state.name(), "priority": priority}),
            })
            .collect();
        let masters: Vec<usize> = row.masters.iter().map(|node| node + 1).collect();
        let moved = row.moved.map(|moved| {
            json!({"to": moved.to + 1, "noticed_ms": moved.noticed.as_millis(), "moved_ms": moved.after.as_millis()})
        });
        json!({"causes": causes, "nodes": nodes, "masters": masters, "moved": moved, "restless": row.restless})
    };
    let routers: Vec<Value> = found
        .routers
        .iter()
        .map(|story| {
            let rows: Vec<Value> = story.rows.iter().map(row).collect();
            json!({"name": story.name, "vrid": story.vrid, "family": story.family.name(), "addresses": story.addresses, "cases": rows})
        })
        .collect();
    let remarks: Vec<Value> = found
        .remarks
        .iter()
        .map(|remark| {
            let (file, line) = checked[remark.node].sources.locate(remark.at);
            json!({"file": file, "line": line, "text": remark.text})
        })
        .collect();
    json!({"routers": routers, "remarks": remarks, "broken": found.quarrels})
}
