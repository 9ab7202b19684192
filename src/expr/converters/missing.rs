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
    "A data item of the stick-table entry whose key is the input.":
        "in_table" "table_bytes_in_rate" "table_bytes_out_rate" "table_conn_cnt" "table_conn_cur" "table_conn_rate"
        "table_expire" "table_gpc" "table_gpc0" "table_gpc0_rate" "table_gpc1" "table_gpc1_rate" "table_gpc_rate"
        "table_gpt" "table_gpt0" "table_http_err_cnt" "table_http_err_rate" "table_http_fail_cnt"
        "table_http_fail_rate" "table_http_req_cnt" "table_http_req_rate" "table_idle" "table_kbytes_in"
        "table_kbytes_out" "table_server_id" "table_sess_cnt" "table_sess_rate" "table_trackers";
    "Reads or verifies a JSON Web Token.":
        "jwt_header_query" "jwt_payload_query" "jwt_verify";
    "Takes a field out of a Protocol Buffers message.":
        "protobuf" "ungrpc";
}
