//! VRRP (RFC 3768, RFC 9568) as a pure machine: packets in, packets and address changes out.
