//! Keywords of checkers, the blocks inside a `real_server` that say how it is found to be alive.
//!
//! What all checkers have in common stands in `common` (timing) and `connection`; each kind of question has a file of its own.

pub(super) mod common;
pub(super) mod connection;
pub(super) mod dns;
pub(super) mod http;
pub(super) mod misc;
pub(super) mod open;
pub(super) mod regex;
pub(super) mod smtp;
pub(super) mod tracked;
pub(super) mod udp;
pub(super) mod url;

use super::super::keyword::Block;

/// Checkers that speak to the network.
const CONNECTED: &[Block] = &[
    Block::DnsCheck,
    Block::HttpGet,
    Block::PingCheck,
    Block::SmtpCheck,
    Block::SmtpHost,
    Block::SslGet,
    Block::TcpCheck,
    Block::UdpCheck,
];

/// Checkers that ask again and again, rather than being told.
const TIMED: &[Block] = &[
    Block::DnsCheck,
    Block::HttpGet,
    Block::MiscCheck,
    Block::PingCheck,
    Block::SmtpCheck,
    Block::SmtpHost,
    Block::SslGet,
    Block::TcpCheck,
    Block::UdpCheck,
];

/// Whatever may begin as down: all of them but FILE_CHECK, and the real server itself.
const MAY_BE_ALPHA: &[Block] = &[
    Block::RealServer,
    Block::BfdCheck,
    Block::DnsCheck,
    Block::HttpGet,
    Block::MiscCheck,
    Block::PingCheck,
    Block::SmtpCheck,
    Block::SmtpHost,
    Block::SslGet,
    Block::TcpCheck,
    Block::UdpCheck,
];

const WEB: &[Block] = &[Block::HttpGet, Block::SslGet];
const URL: &[Block] = &[Block::HttpUrl, Block::SslUrl];
