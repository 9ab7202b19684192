//! Hashes and digests (manual 7.3.1). The 32-bit ones take 1 for the avalanche of `hash-type`.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Digest;

use crate::balance::hash;
use crate::expr::converter::{CONVERTER, Converter, Run};
use crate::expr::fetch::{ArgKind, ArgSpec, int_arg, opt, req, str_arg};
use crate::expr::scope::Scope;
use crate::expr::userlist::constant_time_eq;
use crate::expr::value::{Type, Value};
use crate::ir::expr::Arg;

pub const ALL: &[&Converter] =
    &[&CRC32, &CRC32C, &DIGEST, &DJB2, &HMAC, &SDBM, &SECURE_MEMCMP, &SHA1, &SHA2, &WT6, &XXH3, &XXH32, &XXH64];

const fn hashing(name: &'static str, doc: &'static str, run: Run) -> Converter {
    const SEED: &[ArgSpec] = &[opt(ArgKind::Int)];
    Converter { name, doc, args: SEED, input: Type::Bin, output: Type::Int, run, ..CONVERTER }
}

fn mixed<'a>(h: u32, a: &[Arg]) -> Option<Value<'a>> {
    let h = if int_arg(a, 0).unwrap_or(0) == 0 { h } else { hash::avalanche(h) };
    Some(Value::Int(i64::from(h)))
}

const SDBM: Converter = hashing("sdbm", "The sdbm hash.", |_, v, a| mixed(hash::sdbm(&v.into_binary()), a));
const DJB2: Converter = hashing("djb2", "The djb2 hash.", |_, v, a| mixed(hash::djb2(&v.into_binary()), a));
const WT6: Converter = hashing("wt6", "The wt6 hash.", |_, v, a| mixed(hash::wt6(&v.into_binary()), a));
const CRC32: Converter =
    hashing("crc32", "The CRC of Ethernet and zip.", |_, v, a| mixed(hash::crc32(&v.into_binary()), a));
const CRC32C: Converter = hashing("crc32c", "The Castagnoli CRC.", |_, v, a| mixed(hash::crc32c(&v.into_binary()), a));
const XXH32: Converter = hashing("xxh32", "XXH32 with a seed.", |_, v, a| {
    Some(Value::Int(i64::from(xxhash_rust::xxh32::xxh32(&v.into_binary(), int_arg(a, 0).unwrap_or(0) as u32))))
});
const XXH64: Converter = hashing("xxh64", "XXH64 with a seed, as a signed number.", |_, v, a| {
    Some(Value::Int(xxhash_rust::xxh64::xxh64(&v.into_binary(), int_arg(a, 0).unwrap_or(0) as u64) as i64))
});
const XXH3: Converter = hashing("xxh3", "XXH3 of 64 bits with a seed, as a signed number.", |_, v, a| {
    Some(Value::Int(xxhash_rust::xxh3::xxh3_64_with_seed(&v.into_binary(), int_arg(a, 0).unwrap_or(0) as u64) as i64))
});

const SHA1: Converter = Converter {
    name: "sha1",
    doc: "The SHA-1 digest, 20 bytes.",
    input: Type::Bin,
    output: Type::Bin,
    run: |_, v, _| Some(Value::Bin(sha1::Sha1::digest(&*v.into_binary()).to_vec().into())),
    ..CONVERTER
};
const SHA2: Converter = Converter {
    name: "sha2",
    doc: "A SHA-2 digest of 224, 256 (the default), 384 or 512 bits.",
    args: &[opt(ArgKind::Int)],
    input: Type::Bin,
    output: Type::Bin,
    run: |_, v, a| {
        let name = match int_arg(a, 0).unwrap_or(256) {
            224 => "sha224",
            256 => "sha256",
            384 => "sha384",
            512 => "sha512",
            _ => return None,
        };
        digest(name, &v.into_binary()).map(|d| Value::Bin(d.into()))
    },
    ..CONVERTER
};
const DIGEST: Converter = Converter {
    name: "digest",
    doc: "A digest by name: md5, sha1, sha224, sha256, sha384, sha512.",
    args: &[req(ArgKind::Str)],
    input: Type::Bin,
    output: Type::Bin,
    run: |_, v, a| digest(str_arg(a, 0)?, &v.into_binary()).map(|d| Value::Bin(d.into())),
    ..CONVERTER
};
const HMAC: Converter = Converter {
    name: "hmac",
    doc: "A keyed digest (RFC 2104); the key is base64, or a variable that holds it.",
    args: &[req(ArgKind::Str), req(ArgKind::StrOrVar)],
    input: Type::Bin,
    output: Type::Bin,
    run: |s, v, a| {
        let key = super::encoding::decode_base64(&secret(s, a, 1)?)?;
        keyed_digest(str_arg(a, 0)?, &key, &v.into_binary()).map(|d| Value::Bin(d.into()))
    },
    ..CONVERTER
};
const SECURE_MEMCMP: Converter = Converter {
    name: "secure_memcmp",
    doc: "Compares with a variable in a time that tells nothing.",
    args: &[req(ArgKind::Var)],
    input: Type::Bin,
    output: Type::Bool,
    run: |s, v, a| {
        let Some(Arg::Var(name)) = a.first() else { return None };
        let other = s.vars.get(name)?.into_binary();
        Some(Value::Bool(constant_time_eq(&v.into_binary(), &other)))
    },
    ..CONVERTER
};

fn secret(s: &Scope<'_>, a: &[Arg], i: usize) -> Option<Vec<u8>> {
    match a.get(i)? {
        Arg::Str(t) => Some(t.as_bytes().to_vec()),
        Arg::Var(v) => Some(s.vars.get(v)?.into_binary().into_owned()),
        _ => None,
    }
}

/// `None` for a name that [`DIGESTS`] has not.
fn digest(name: &str, data: &[u8]) -> Option<Vec<u8>> {
    Some(match name.to_ascii_lowercase().as_str() {
        "md5" => md5::Md5::digest(data).to_vec(),
        "sha1" => sha1::Sha1::digest(data).to_vec(),
        "sha224" | "sha-224" => sha2::Sha224::digest(data).to_vec(),
        "sha256" | "sha-256" => sha2::Sha256::digest(data).to_vec(),
        "sha384" | "sha-384" => sha2::Sha384::digest(data).to_vec(),
        "sha512" | "sha-512" => sha2::Sha512::digest(data).to_vec(),
        _ => return None,
    })
}

/// The digests that `digest` and `hmac` know.
pub const DIGESTS: &[&str] = &["md5", "sha1", "sha224", "sha256", "sha384", "sha512"];

fn keyed_digest(name: &str, key: &[u8], data: &[u8]) -> Option<Vec<u8>> {
    macro_rules! mac {
        ($hash:ty) => {{
            let mut m = <Hmac<$hash> as KeyInit>::new_from_slice(key).ok()?;
            m.update(data);
            m.finalize().into_bytes().to_vec()
        }};
    }
    Some(match name.to_ascii_lowercase().as_str() {
        "md5" => mac!(md5::Md5),
        "sha1" => mac!(sha1::Sha1),
        "sha224" => mac!(sha2::Sha224),
        "sha256" => mac!(sha2::Sha256),
        "sha384" => mac!(sha2::Sha384),
        "sha512" => mac!(sha2::Sha512),
        _ => return None,
    })
}
