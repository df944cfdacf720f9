//! One connection to `host:port`: it passes as soon as any address of the host accepts.
//!
//! Nothing is sent and nothing is read, so it says that somebody listens and no more. Looking the name up has no
//! time limit of its own in the system's library, so it happens on a thread that is left behind if it takes too long.

use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::mpsc;
use std::time::Duration;

use super::http::TRY;
use crate::error::{Error, Result};
use crate::process::Deadline;

/// Connects within the limit.
pub(super) fn check(address: &str, limit: Duration) -> Result<()> {
    let deadline = Deadline::new(limit.min(TRY));
    let mut last = Error::failed("host not found");
    for address in resolve(address, &deadline)? {
        let left = deadline.left();
        if left.is_zero() {
            break; // connect_timeout refuses zero
        }
        match TcpStream::connect_timeout(&address, left) {
            Ok(_) => return Ok(()),
            Err(e) => last = Error::failed(e.kind().to_string()),
        }
    }
    Err(last)
}

fn resolve(address: &str, deadline: &Deadline) -> Result<Vec<SocketAddr>> {
    if !address.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok()) {
        return Err(Error::usage("not `host:port`").hint("check `tcp` under [[probe]] in reseal.toml"));
    }
    let (send, receive) = mpsc::sync_channel(1);
    let owned = address.to_owned();
    std::thread::spawn(move || {
        // nobody may be waiting any more
        let _ = send.send(owned.to_socket_addrs().map(Iterator::collect));
    });
    match receive.recv_timeout(deadline.left()) {
        Ok(Ok(addresses)) => Ok(addresses),
        Ok(Err(_)) => Err(Error::failed("host not found")),
        Err(_) => Err(Error::failed("the host's address was not found in time")),
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;
    use crate::error::Kind;

    const LONG: Duration = Duration::from_secs(30);

    #[test]
    fn a_listener_passes_and_an_empty_port_does_not() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        check(&address, LONG).unwrap();
        // by name: one of its addresses is enough
        check(&address.replace("127.0.0.1", "localhost"), LONG).unwrap();
        drop(listener);
        assert_eq!(check(&address, LONG).unwrap_err().to_string(), "connection refused");
    }

    #[test]
    fn an_unknown_host_and_a_missing_port_are_told_apart() {
        // a short limit, since a machine without a network may ask in vain for long
        let error = check("no-such-host.invalid:1", Duration::from_secs(1)).unwrap_err();
        assert_eq!(error.kind(), Kind::Failed);
        for address in ["db", "db:", ":5432", "db:postgres", "db:70000"] {
            assert_eq!(check(address, LONG).unwrap_err().kind(), Kind::Usage, "{address:?}");
        }
    }
}
