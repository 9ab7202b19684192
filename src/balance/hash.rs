//! The hash functions of `hash-type` and of the converters of the same names (manual 4.2 `hash-type`).
//!
//! Their values are interface: two balancers in front of one farm must send a client to the same server.

/// `sdbm`: h * 65599 + byte.
pub fn sdbm(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0u32, |h, b| h.wrapping_mul(65599).wrapping_add(u32::from(*b)))
}

/// `djb2`: h * 33 + byte, from 5381.
pub fn djb2(bytes: &[u8]) -> u32 {
    bytes.iter().fold(5381u32, |h, b| h.wrapping_mul(33).wrapping_add(u32::from(*b)))
}

/// `wt6`: two words that rotate and swap by amounts taken from themselves.
pub fn wt6(bytes: &[u8]) -> u32 {
    let (mut a, mut b) = (0xa53c_965a_u32, 0x5ca6_953a_u32);
    let (mut turn_a, mut turn_b) = (6, 18);
    for byte in bytes {
        let t = u32::from(*byte);
        a = !(a ^ t);
        b = !b.wrapping_add(t);
        (a, b) = (b.rotate_left(turn_a), a.rotate_left(turn_b));
        let mix = ((a >> 16) ^ b) & 0xffff;
        turn_a = mix & 31;
        turn_b = mix >> 11;
    }
    a ^ b
}

/// `crc32`: the one of Ethernet and zip.
pub fn crc32(bytes: &[u8]) -> u32 {
    crc32fast::hash(bytes)
}

/// `crc32c`: Castagnoli (RFC 3720 appendix B.4).
pub fn crc32c(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 256] = crc32c_table();
    !bytes.iter().fold(!0, |crc, b| TABLE[usize::from(crc as u8 ^ b)] ^ (crc >> 8))
}

const fn crc32c_table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        let mut crc = i as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0x82f6_3b78 } else { crc >> 1 };
            bit += 1;
        }
        table[i] = crc;
        i += 1;
    }
    table
}

/// `avalanche`: Bob Jenkins' six-step integer mix, then spread by a prime near three quarters of the range.
pub fn avalanche(h: u32) -> u32 {
    let h = h.wrapping_add(0x7ed5_5d16).wrapping_add(h << 12);
    let h = h ^ 0xc761_c23c ^ (h >> 19);
    let h = h.wrapping_add(0x1656_67b1).wrapping_add(h << 5);
    let h = h.wrapping_add(0xd3a2_646c) ^ (h << 9);
    let h = h.wrapping_add(0xfd70_46c5).wrapping_add(h << 3);
    let h = h ^ 0xb55a_4f09 ^ (h >> 16);
    h.wrapping_mul(3_221_225_473)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crcs_have_their_published_check_values() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
    }

    #[test]
    fn one_bit_of_input_moves_half_of_the_output() {
        let changed = (avalanche(1) ^ avalanche(2)).count_ones();
        assert!((8..=24).contains(&changed), "{changed}");
    }
}
