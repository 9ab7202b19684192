//! Users and their passwords, as `http_auth` asks for them (manual 3.4).

use crate::ir::config::{Password, Userlist};

/// Whether the list has that user with that password.
pub fn check(list: &Userlist, user: &[u8], password: &[u8]) -> bool {
    let Some(user) = list.users.iter().find(|u| u.name.as_bytes() == user) else { return false };
    match &user.password {
        Password::Plain(p) => constant_time_eq(p.as_bytes(), password),
        Password::Crypt(hash) => crypt_matches(hash, password),
    }
}

/// The groups of a user, from both ways of saying it.
pub fn groups<'a>(list: &'a Userlist, user: &[u8]) -> Vec<&'a str> {
    let own = list.users.iter().filter(|u| u.name.as_bytes() == user).flat_map(|u| u.groups.iter().map(String::as_str));
    let listed = list.groups.iter().filter(|g| g.users.iter().any(|u| u.as_bytes() == user)).map(|g| g.name.as_str());
    own.chain(listed).collect()
}

/// crypt(3): SHA-256 (`$5$`) and SHA-512 (`$6$`). The language refuses every other form.
fn crypt_matches(hash: &str, password: &[u8]) -> bool {
    use sha_crypt::{PasswordVerifier, ShaCrypt};
    ShaCrypt::default().verify_password(password, hash).is_ok()
}

/// Whether [`check`] can verify such a hash.
pub fn is_supported(hash: &str) -> bool {
    hash.starts_with("$5$") || hash.starts_with("$6$")
}

/// Compares without telling by its duration where the difference is.
pub fn constant_time_eq(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |acc, (x, y)| acc | (x ^ y)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::config::{Group, User};
    use crate::text::source::Span;

    fn list(password: Password) -> Userlist {
        Userlist {
            name: "l".into(),
            users: vec![User { name: "u".into(), password, groups: vec!["a".into()] }],
            groups: vec![Group { name: "b".into(), users: vec!["u".into()] }],
            at: Span::default(),
        }
    }

    #[test]
    fn a_user_is_known_by_either_kind_of_password() {
        assert!(check(&list(Password::Plain("secret".into())), b"u", b"secret"));
        assert!(!check(&list(Password::Plain("secret".into())), b"u", b"other"));
        let sha512 =
            "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1";
        let hello = list(Password::Crypt(sha512.into()));
        assert!(check(&hello, b"u", b"Hello world!"));
        assert!(!check(&hello, b"u", b"Hello world"));
    }

    #[test]
    fn groups_come_from_both_declarations() {
        let l = list(Password::Plain(String::new()));
        assert_eq!(groups(&l, b"u"), ["a", "b"]);
    }
}
