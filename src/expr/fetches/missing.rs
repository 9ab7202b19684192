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
    "A data item of the stick-table entry that a stick counter tracks." Int:
        "sc0_bytes_in_rate" "sc0_bytes_out_rate" "sc0_clr_gpc0" "sc0_clr_gpc1" "sc0_conn_cnt" "sc0_conn_cur"
        "sc0_conn_rate" "sc0_get_gpc0" "sc0_get_gpc1" "sc0_get_gpt0" "sc0_gpc0_rate" "sc0_gpc1_rate"
        "sc0_http_err_cnt" "sc0_http_err_rate" "sc0_http_fail_cnt" "sc0_http_fail_rate" "sc0_http_req_cnt"
        "sc0_http_req_rate" "sc0_inc_gpc0" "sc0_inc_gpc1" "sc0_kbytes_in" "sc0_kbytes_out" "sc0_sess_cnt"
        "sc0_sess_rate" "sc0_trackers" "sc1_bytes_in_rate" "sc1_bytes_out_rate" "sc1_clr_gpc" "sc1_clr_gpc0"
        "sc1_clr_gpc1" "sc1_conn_cnt" "sc1_conn_cur" "sc1_conn_rate" "sc1_get_gpc0" "sc1_get_gpc1" "sc1_get_gpt0"
        "sc1_gpc0_rate" "sc1_gpc1_rate" "sc1_http_err_cnt" "sc1_http_err_rate" "sc1_http_fail_cnt"
        "sc1_http_fail_rate" "sc1_http_req_cnt" "sc1_http_req_rate" "sc1_inc_gpc0" "sc1_inc_gpc1" "sc1_kbytes_in"
        "sc1_kbytes_out" "sc1_sess_cnt" "sc1_sess_rate" "sc1_trackers" "sc2_bytes_in_rate" "sc2_bytes_out_rate"
        "sc2_clr_gpc0" "sc2_clr_gpc1" "sc2_conn_cnt" "sc2_conn_cur" "sc2_conn_rate" "sc2_get_gpc0" "sc2_get_gpc1"
        "sc2_get_gpt0" "sc2_gpc0_rate" "sc2_gpc1_rate" "sc2_http_err_cnt" "sc2_http_err_rate" "sc2_http_fail_cnt"
        "sc2_http_fail_rate" "sc2_http_req_cnt" "sc2_http_req_rate" "sc2_inc_gpc0" "sc2_inc_gpc1" "sc2_kbytes_in"
        "sc2_kbytes_out" "sc2_sess_cnt" "sc2_sess_rate" "sc2_trackers" "sc_bytes_in_rate" "sc_bytes_out_rate"
        "sc_clr_gpc" "sc_clr_gpc0" "sc_clr_gpc1" "sc_conn_cnt" "sc_conn_cur" "sc_conn_rate" "sc_get_gpc" "sc_get_gpc0"
        "sc_get_gpc1" "sc_get_gpt" "sc_get_gpt0" "sc_gpc0_rate" "sc_gpc1_rate" "sc_gpc_rate" "sc_http_err_cnt"
        "sc_http_err_rate" "sc_http_fail_cnt" "sc_http_fail_rate" "sc_http_req_cnt" "sc_http_req_rate" "sc_inc_gpc"
        "sc_inc_gpc0" "sc_inc_gpc1" "sc_kbytes_in" "sc_kbytes_out" "sc_sess_cnt" "sc_sess_rate" "sc_trackers";
    "A data item of the stick-table entry that a stick counter tracks." Bool:
        "sc0_tracked" "sc1_tracked" "sc2_tracked" "sc_tracked";
    "A data item of the stick-table entry for the client's address." Int:
        "src_bytes_in_rate" "src_bytes_out_rate" "src_clr_gpc" "src_clr_gpc0" "src_clr_gpc1" "src_conn_cnt"
        "src_conn_cur" "src_conn_rate" "src_get_gpc" "src_get_gpc0" "src_get_gpc1" "src_get_gpt" "src_get_gpt0"
        "src_gpc0_rate" "src_gpc1_rate" "src_gpc_rate" "src_http_err_cnt" "src_http_err_rate" "src_http_fail_cnt"
        "src_http_fail_rate" "src_http_req_cnt" "src_http_req_rate" "src_inc_gpc" "src_inc_gpc0" "src_inc_gpc1"
        "src_kbytes_in" "src_kbytes_out" "src_sess_cnt" "src_sess_rate" "src_updt_conn_cnt";
    "TLS facts of the connection to the server." Bool:
        "ssl_bc" "ssl_bc_is_resumed";
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
        "ssl_fc" "ssl_fc_has_crt" "ssl_fc_has_early" "ssl_fc_has_sni" "ssl_fc_is_resumed";
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
