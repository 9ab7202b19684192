//! What the authors of a pair will not have meant: checks that can never move the address, elections that never end.

use super::{Explanation, Question, Remark, Row, Standing, cause::trackers, counterpart};
use crate::{
    ir::failover::{Failover, Instance, Transport},
    vrrp::State,
};

/// Adds what there is to say about one router whose cases have been played.
pub fn add(question: &Question<'_>, instance: &Instance, rows: &[Row], found: &mut Explanation) {
    let configs = question.configs;
    if configs.len() < 2 {
        return;
    }
    for (node, config) in configs.iter().enumerate() {
        let Some(own) = counterpart(config, instance) else { continue };
        for tracker in trackers(config, own) {
            let case = rows.iter().find(|row| row.causes == [(node, tracker.cause.clone())]);
            let stays = case.filter(|row| row.masters == [node] && rows[0].masters == [node]);
            if let Some(reason) = stays.and_then(|row| why_it_stays(configs, instance, node, row)) {
                let text =
                    format!("when {} on node {}, {} stays there: {reason}", tracker.cause, node + 1, instance.name);
                found.remarks.push(Remark { node, at: tracker.at, text });
            }
        }
    }
    equal(instance, rows, found);
    for row in rows {
        let what: Vec<String> =
            row.causes.iter().map(|(node, cause)| format!("{cause} on node {}", node + 1)).collect();
        let when =
            if what.is_empty() { "when everything works".to_owned() } else { format!("when {}", what.join(" and ")) };
        if row.restless {
            found.quarrels.push(format!(
                "{when}, {} moves to and fro without end{}",
                instance.name,
                because_of_a_group(configs, instance)
            ));
        } else if row.masters.len() > 1 {
            found.quarrels.push(format!("{when}, both nodes are master of {}", instance.name));
        } else if row.masters.is_empty()
            && row.nodes.iter().any(|node| matches!(node, Standing::Is { state: State::Backup, .. }))
        {
            found.quarrels.push(format!("{when}, nobody is master of {} though one could be", instance.name));
        }
    }
}

fn why_it_stays(configs: &[Failover], instance: &Instance, node: usize, row: &Row) -> Option<String> {
    let other = 1 - node;
    let (Standing::Is { priority: ours, .. }, Standing::Is { priority: theirs, state: State::Backup }) =
        (row.nodes[node], row.nodes[other])
    else {
        return None;
    };
    let peer = counterpart(&configs[other], instance)?;
    Some(if ours == 255 {
        "the priority of an owner never changes".to_owned()
    } else if ours > theirs {
        format!("its priority only falls to {ours}, and node {} has {theirs}", other + 1)
    } else if !peer.preempt {
        format!("node {} has {theirs} against {ours}, but does not preempt (nopreempt)", other + 1)
    } else {
        format!("node {} has {theirs} against {ours}, which is no more", other + 1)
    })
}

fn equal(instance: &Instance, rows: &[Row], found: &mut Explanation) {
    let [Standing::Is { priority: first, .. }, Standing::Is { priority: second, .. }] = rows[0].nodes[..] else {
        return;
    };
    if first == second && matches!(instance.transport, Transport::Multicast { .. }) {
        let text = format!(
            "{} has priority {first} on both nodes: whoever is first stays master, and of two masters the one with the higher address",
            instance.name
        );
        found.remarks.push(Remark { node: 0, at: instance.at, text });
    }
}

fn because_of_a_group(configs: &[Failover], instance: &Instance) -> &'static str {
    let grouped =
        |config: &Failover| counterpart(config, instance).is_some_and(|own| config.group_of(&own.name).is_some());
    if configs.iter().any(grouped) { ": the members of its group prefer different nodes" } else { "" }
}
