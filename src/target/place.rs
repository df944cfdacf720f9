//! Where a service is: from the policy's words to addresses that can be connected to.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::path::PathBuf;

use super::Reach;
use crate::config::Address;
use crate::docker;
use crate::error::{Error, Result};

/// What a client connects to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// One of these, the first that answers.
    Network(Vec<SocketAddr>),
    /// A socket in the file system, as it was written.
    Socket(PathBuf),
}

/// Looks the address up. A container is looked for anew each time, because a redeploy gives it another address.
pub(super) fn find(at: &Address, reach: &Reach<'_>) -> Result<Place> {
    match at {
        Address::Socket(path) => Ok(Place::Socket(reach.site.root.join(path))),
        Address::Compose { service, port } => {
            let found = docker::addresses(service, reach.site, reach.project)?;
            Ok(Place::Network(found.into_iter().map(|ip| SocketAddr::new(ip, *port)).collect()))
        }
        Address::Tcp { host, port } => {
            let found: Vec<SocketAddr> = (host.as_str(), *port)
                .to_socket_addrs()
                .map_err(|_| Error::failed(format!("cannot look up the host {host:?}")))?
                .collect();
            // nothing here encrypts a connection, and the proof of a login must not travel in clear
            if let Some(far) = found.iter().find(|a| !is_near(a.ip())) {
                return Err(Error::usage(format!("{host:?} is {}, beyond the private network", far.ip()))
                    .note("this version does not encrypt connections to services")
                    .hint("tell it by a target of kind command, with the service's own client"));
            }
            Ok(Place::Network(found))
        }
    }
}

/// Loopback, private and link-local networks.
pub(super) fn is_near(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        IpAddr::V6(ip) => match ip.to_ipv4_mapped() {
            Some(ip) => is_near(ip.into()),
            None => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::testing::Folder;

    fn place(host: &str) -> Result<Place> {
        let folder = Folder::new();
        let site = folder.site();
        find(&Address::Tcp { host: host.into(), port: 1 }, &Reach { site: &site, project: None, admin: None })
    }

    #[test]
    fn only_near_hosts_are_spoken_to_in_clear() {
        for near in ["127.0.0.1", "::1", "10.1.2.3", "192.168.0.1", "fd00::1", "::ffff:127.0.0.1"] {
            assert!(place(near).is_ok(), "{near}");
        }
        for far in ["192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1"] {
            assert!(place(far).unwrap_err().to_string().contains("beyond the private network"), "{far}");
        }
    }
}
