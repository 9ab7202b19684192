//! Fetches that are known and not implemented: naming one is an error that says so.

use crate::expr::fetch::{FETCH, Fetch};
use crate::expr::value::Type;
use crate::text::book::Status;

macro_rules! missing {
    ($($doc:literal $type:ident: $($name:literal)*;)*) => {
        pub const ALL: &[&Fetch] = &[$($(&Fetch { name: $name, out: Type::$type, doc: $doc, status: Status::Missing, ..FETCH },)*)*];
    };
}

missing! {
    "The error of the server's connection." Int:
        "bc_err";
    "The error of the server's connection." Str:
        "bc_err_str";
    "How the scheduler served the stream." Int:
        "cpu_calls" "cpu_ns_avg" "cpu_ns_tot" "lat_ns_avg" "lat_ns_tot";
    "A token of the distcc protocol." Bin:
        "distcc_body";
    "A token of the distcc protocol." Int:
        "distcc_param";
    "A counter of the client's TCP connection." Int:
        "fc_fackets" "fc_lost" "fc_reordering" "fc_retrans" "fc_rtt" "fc_rttvar" "fc_sacked" "fc_unacked";
    "A setting of the FastCGI application in use." Str:
        "fcgi.docroot" "fcgi.index";
    "The inside of a message, for debugging." Int:
        "internal.htx.data" "internal.htx.free" "internal.htx.free_data" "internal.htx.nbblks" "internal.htx.size"
        "internal.htx.used" "internal.htx_blk.size";
    "The inside of a message, for debugging." Bool:
        "internal.htx.has_eom" "internal.strm.is_htx";
    "The inside of a message, for debugging." Bin:
        "internal.htx_blk.data";
    "The inside of a message, for debugging." Str:
        "internal.htx_blk.hdrname" "internal.htx_blk.hdrval" "internal.htx_blk.start_line" "internal.htx_blk.type";
    "Whether and from which cache the response comes." Bool:
        "res.cache_hit";
    "Whether and from which cache the response comes." Str:
        "res.cache_name";
    "Whether and how the response is compressed." Bool:
        "res.comp";
    "Whether and how the response is compressed." Str:
        "res.comp_algo";
    "TLS facts of the connection to the server." Bool:
        "ssl_bc_is_resumed";
    "TLS facts of the connection to the server." Int:
        "ssl_bc_alg_keysize" "ssl_bc_err" "ssl_bc_use_keysize";
    "TLS facts of the connection to the server." Str:
        "ssl_bc_alpn" "ssl_bc_cipher" "ssl_bc_err_str" "ssl_bc_npn" "ssl_bc_protocol";
    "TLS facts of the connection to the server." Bin:
        "ssl_bc_client_random" "ssl_bc_server_random" "ssl_bc_session_id" "ssl_bc_session_key" "ssl_bc_unique_id";
    "Facts of the client's certificate." Int:
        "ssl_c_ca_err" "ssl_c_ca_err_depth" "ssl_c_err" "ssl_c_verify" "ssl_c_version";
    "Facts of the client's certificate." Bin:
        "ssl_c_chain_der" "ssl_c_der" "ssl_c_serial" "ssl_c_sha1";
    "Facts of the client's certificate." Str:
        "ssl_c_i_dn" "ssl_c_key_alg" "ssl_c_notafter" "ssl_c_notbefore" "ssl_c_s_dn" "ssl_c_sig_alg";
    "Facts of the client's certificate." Bool:
        "ssl_c_used";
    "Facts of the certificate presented to the client." Bin:
        "ssl_f_der" "ssl_f_serial" "ssl_f_sha1";
    "Facts of the certificate presented to the client." Str:
        "ssl_f_i_dn" "ssl_f_key_alg" "ssl_f_notafter" "ssl_f_notbefore" "ssl_f_s_dn" "ssl_f_sig_alg";
    "Facts of the certificate presented to the client." Int:
        "ssl_f_version";
    "TLS facts of the client's connection." Bool:
        "ssl_fc_has_crt" "ssl_fc_has_early" "ssl_fc_has_sni" "ssl_fc_is_resumed";
    "TLS facts of the client's connection." Int:
        "ssl_fc_alg_keysize" "ssl_fc_cipherlist_xxh" "ssl_fc_err" "ssl_fc_protocol_hello_id" "ssl_fc_use_keysize";
    "TLS facts of the client's connection." Str:
        "ssl_fc_alpn" "ssl_fc_cipher" "ssl_fc_cipherlist_bin" "ssl_fc_cipherlist_str"
        "ssl_fc_client_early_traffic_secret" "ssl_fc_client_handshake_traffic_secret" "ssl_fc_client_traffic_secret_0"
        "ssl_fc_early_exporter_secret" "ssl_fc_ecformats_bin" "ssl_fc_eclist_bin" "ssl_fc_err_str"
        "ssl_fc_exporter_secret" "ssl_fc_extlist_bin" "ssl_fc_npn" "ssl_fc_protocol"
        "ssl_fc_server_handshake_traffic_secret" "ssl_fc_server_traffic_secret_0" "ssl_fc_sni";
    "TLS facts of the client's connection." Bin:
        "ssl_fc_cipherlist_hex" "ssl_fc_client_random" "ssl_fc_server_random" "ssl_fc_session_id" "ssl_fc_session_key"
        "ssl_fc_unique_id";
    "Facts of the server's certificate." Bin:
        "ssl_s_chain_der" "ssl_s_der" "ssl_s_serial" "ssl_s_sha1";
    "Facts of the server's certificate." Str:
        "ssl_s_i_dn" "ssl_s_key_alg" "ssl_s_notafter" "ssl_s_notbefore" "ssl_s_s_dn" "ssl_s_sig_alg";
    "Facts of the server's certificate." Int:
        "ssl_s_version";
}
