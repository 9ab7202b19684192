//! Virtual MAC addresses: the interfaces that carry them.

use crate::keepalived::{
    draft::{Draft, VmacDraft},
    keyword::{Block, Call, Grammar, KEYWORD, Keyword},
};

const INSTANCE: &[Block] = &[Block::Instance];
/// The kernel's limit on names of interfaces, in bytes.
pub(super) const LONGEST_NAME: usize = 15;

pub(in super::super) const KEYWORDS: &[Keyword] = &[USE_VMAC, USE_VMAC_ADDR, VMAC_XMIT_BASE];

const USE_VMAC: Keyword = Keyword {
    name: "use_vmac",
    blocks: INSTANCE,
    grammar: Grammar::Custom("[<interface>] [<MAC address>]"),
    doc: "The router's addresses are on a macvlan interface of their own, with the MAC address of RFC 9568 (00:00:5e:00:01 \
          and the identifier), so that neighbours notice no change of hosts.",
    examples: &["use_vmac", "use_vmac vrrp51", "use_vmac vrrp51 02:00:00:00:00:51", "use_vmac 02:00:00:00:00"],
    rejects: &["use_vmac a_name_too_long_by_far", "use_vmac 01:00:5e:00:00:01"],
    lower: use_vmac,
    ..KEYWORD
};

fn use_vmac(draft: &mut Draft, call: &mut Call<'_>) {
    let mut vmac = VmacDraft::default();
    let words: Vec<String> = call.words.arguments().iter().map(|word| word.text.clone()).collect();
    for word in &words {
        let taken = if word.contains(':') {
            mac(word).map(|found| vmac.mac = Some(found))
        } else {
            name(&mut vmac, draft, call, word)
        };
        match taken {
            Ok(()) => {}
            Err(text) => {
                let goes_on = text.ends_with("ignored");
                call.complain("bad-vmac", text);
                if !goes_on {
                    break;
                }
            }
        }
    }
    draft.instance().vmac = Some(vmac);
}

/// Five or six bytes; the sixth is the router's identifier unless it is written.
fn mac(word: &str) -> Result<([u8; 5], Option<u8>), String> {
    let parts: Vec<&str> = word.split(':').collect();
    if parts.iter().any(|part| !part.bytes().all(|byte| byte.is_ascii_hexdigit())) {
        return Err(format!("VMAC invalid MAC address {word}"));
    }
    let bytes: Option<Vec<u8>> = parts.iter().map(|part| u8::from_str_radix(part, 16).ok()).collect();
    let bytes = bytes.filter(|bytes| bytes.len() >= 5 && parts.iter().all(|part| part.len() <= 2));
    let Some(bytes) = bytes else { return Err(format!("VMAC invalid MAC address {word} - ignored")) };
    if bytes[0] & 1 != 0 {
        return Err(format!("VMAC MAC address is multicast {word} - ignoring"));
    }
    Ok(([bytes[0], bytes[1], bytes[2], bytes[3], bytes[4]], bytes.get(5).copied()))
}

fn name(vmac: &mut VmacDraft, draft: &mut Draft, call: &Call<'_>, word: &str) -> Result<(), String> {
    let ipvlan = draft.instance().ipvlan.as_ref();
    if vmac.name.is_some() || ipvlan.is_some_and(|ipvlan| ipvlan.name.is_some()) {
        return Err("VMAC interface name already specified".into());
    }
    if word.len() > LONGEST_NAME || word.contains(|c: char| c == '/' || c.is_whitespace()) {
        return Err(format!("VMAC interface name '{word}' too long or invalid characters - ignoring"));
    }
    let owner = draft.owner();
    if let Some(other) = draft.other_owner_of_link(word) {
        return Err(format!("({owner}) VRRP instance {other} is already using {word} - ignoring name"));
    }
    if call.system.interface_exists(word) && !call.system.is_of_type(word, "macvlan") {
        let text =
            format!("({owner}) interface {word} already exists and is not a private macvlan; ignoring vmac if_name");
        return Err(text);
    }
    vmac.name = Some(word.to_owned());
    Ok(())
}

const USE_VMAC_ADDR: Keyword = Keyword {
    name: "use_vmac_addr",
    blocks: INSTANCE,
    doc: "Addresses on other interfaces than the router's get interfaces with its MAC address, too.",
    examples: &["use_vmac_addr"],
    lower: |draft, _| draft.instance().vmac_addresses = true,
    ..KEYWORD
};

const VMAC_XMIT_BASE: Keyword = Keyword {
    name: "vmac_xmit_base",
    blocks: INSTANCE,
    doc: "Adverts use the interface below the one of `use_vmac`, and its MAC address.",
    examples: &["use_vmac\nvmac_xmit_base"],
    lower: |draft, _| draft.instance().xmit_base = true,
    ..KEYWORD
};
