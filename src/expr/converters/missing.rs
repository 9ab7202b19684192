//! Converters that are known and not implemented: naming one is an error that says so.

use crate::expr::converter::{CONVERTER, Converter};
use crate::expr::value::Type;
use crate::text::book::Status;

macro_rules! missing {
    ($($doc:literal: $($name:literal)*;)*) => {
        pub const ALL: &[&Converter] = &[$($(&Converter {
            name: $name,
            doc: $doc,
            input: Type::Any,
            output: Type::Any,
            status: Status::Missing,
            ..CONVERTER
        },)*)*];
    };
}

missing! {
    "Decrypts AES-GCM.":
        "aes_gcm_dec";
    "Stores its input in a capture slot.":
        "capture-req" "capture-res";
    "Reads or verifies a JSON Web Token.":
        "jwt_header_query" "jwt_payload_query" "jwt_verify";
    "Takes a field out of a Protocol Buffers message.":
        "protobuf" "ungrpc";
}
