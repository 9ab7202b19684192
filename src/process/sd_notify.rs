//! Tell the service manager how we are: one datagram to the socket that `NOTIFY_SOCKET` names (sd_notify(3)).

use std::{
    env, io,
    os::{
        linux::net::SocketAddrExt as _,
        unix::net::{SocketAddr, UnixDatagram},
    },
};

/// Sends `state` (lines such as `READY=1`, joined by line feeds) to the service manager.
///
/// Returns `false` when there is none: `NOTIFY_SOCKET` is unset or names nothing usable. A path is absolute, an
/// abstract name begins with `@`.
///
/// # Errors
/// The socket named could not be reached.
pub fn notify(state: &str) -> io::Result<bool> {
    let Some(name) = env::var_os("NOTIFY_SOCKET") else { return Ok(false) };
    match address(name.as_encoded_bytes())? {
        Some(to) => send(&to, state).map(|()| true),
        None => Ok(false),
    }
}

/// The state line that says this process, not the one systemd started, is the service.
#[must_use]
pub fn main_pid(pid: i32) -> String {
    format!("MAINPID={pid}")
}

fn address(name: &[u8]) -> io::Result<Option<SocketAddr>> {
    match name.split_first() {
        Some((b'@', rest)) if !rest.is_empty() => SocketAddr::from_abstract_name(rest).map(Some),
        Some((b'/', _)) => {
            use std::os::unix::ffi::OsStrExt as _;
            SocketAddr::from_pathname(std::ffi::OsStr::from_bytes(name)).map(Some)
        }
        _ => Ok(None),
    }
}

fn send(to: &SocketAddr, state: &str) -> io::Result<()> {
    let socket = UnixDatagram::unbound()?;
    socket.send_to_addr(state.as_bytes(), to)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn datagram_reaches_a_path_and_an_abstract_name() {
        let path = env::temp_dir().join(format!("hawser-notify-{}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        let by_path = UnixDatagram::bind(&path).expect("the temporary directory takes sockets");
        let name = format!("hawser-notify-{}", std::process::id());
        let by_name = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).expect("a short name"))
            .expect("the abstract name is ours");

        for (socket, written) in
            [(by_path, path.to_str().expect("plain path").to_owned()), (by_name, format!("@{name}"))]
        {
            let to = address(written.as_bytes()).expect("a valid address").expect("an address");
            send(&to, "READY=1").expect("the receiver is bound");
            let mut buffer = [0; 64];
            let size = socket.recv(&mut buffer).expect("a datagram waits");
            assert_eq!(&buffer[..size], b"READY=1");
        }
        std::fs::remove_file(&path).expect("bound above");
    }

    #[test]
    fn name_that_is_neither_path_nor_abstract_is_no_address() {
        assert!(address(b"").expect("no error").is_none());
        assert!(address(b"@").expect("no error").is_none());
        assert!(address(b"relative").expect("no error").is_none());
    }
}
