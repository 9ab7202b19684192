//! Actions that are known and not implemented: naming one is an error that says so.

use crate::rules::action::{
    ACTION, ActionItem, HTTP, HTTP_REQUEST, HTTP_RESPONSE, Sets, TCP, TCP_CONNECTION, TCP_CONTENT, TCP_RESPONSE,
};
use crate::text::book::Status;

const ANY: Sets = TCP.or(TCP_RESPONSE).or(HTTP);

macro_rules! missing {
    ($($sets:expr, $doc:literal: $($name:literal)*;)*) => {
        pub const ALL: &[&ActionItem] = &[$($(&ActionItem {
            name: $name, sets: $sets, doc: $doc, status: Status::Missing, ..ACTION
        },)*)*];
    };
}

missing! {
    TCP_CONTENT.or(HTTP_REQUEST), "Resolves a name into a variable.": "do-resolve";
    HTTP_REQUEST, "Answers from a cache.": "cache-use";
    HTTP_RESPONSE, "Stores the response in a cache.": "cache-store";
    TCP_CONNECTION, "Expects a NetScaler client address header.": "expect-netscaler-cip";
    TCP_CONTENT.or(TCP_RESPONSE).or(HTTP_REQUEST).or(HTTP_RESPONSE), "Sends a group of SPOE messages.": "send-spoe-group";
    ANY, "Runs a group of OpenTracing scopes.": "ot-group";
}
