//! Who has a port: the answer to "address already in use" that one would otherwise have to look up.

use std::{
    fmt, fs,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::Path,
};

/// The state of a listening socket in the kernel's tables.
const LISTENING: &str = "0A";

/// A process that listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Its number.
    pub pid: u32,
    /// The name of its program.
    pub name: String,
}

impl fmt::Display for Owner {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} (process {})", self.name, self.pid)
    }
}

/// The process that listens where `address` would. `None` where the kernel does not tell: other systems than Linux, or another
/// user's process.
#[must_use]
pub fn owner(address: SocketAddr) -> Option<Owner> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].into_iter().filter_map(|table| fs::read_to_string(table).ok());
    let inodes: Vec<String> = tables.flat_map(|table| listeners(&table, address)).collect();
    let links: Vec<String> = inodes.iter().map(|inode| format!("socket:[{inode}]")).collect();
    let pids = fs::read_dir("/proc").ok()?.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    let pid = pids.into_iter().find(|pid| holds_any(*pid, &links))?;
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    Some(Owner { pid, name: name.trim().to_owned() })
}

fn holds_any(pid: u32, links: &[String]) -> bool {
    let descriptors = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().filter_map(Result::ok);
    let targets = descriptors.filter_map(|descriptor| fs::read_link(descriptor.path()).ok());
    let is_one = |target: &Path| target.to_str().is_some_and(|target| links.iter().any(|link| link == target));
    targets.into_iter().any(|target| is_one(&target))
}

/// The inodes of the listening sockets of a kernel table that stand in the way of `address`.
fn listeners(table: &str, address: SocketAddr) -> Vec<String> {
    table.lines().skip(1).filter_map(|line| listener(line, address)).collect()
}

fn listener(line: &str, address: SocketAddr) -> Option<String> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let (local, state, inode) = (fields.get(1)?, fields.get(3)?, fields.get(9)?);
    let (ip, port) = local.split_once(':')?;
    let (ip, port) = (parse_ip(ip)?, u16::from_str_radix(port, 16).ok()?);
    let meets = ip == address.ip() || ip.is_unspecified() || address.ip().is_unspecified();
    (*state == LISTENING && port == address.port() && meets).then(|| (*inode).to_owned())
}

/// The kernel prints addresses as 32-bit words in hexadecimal, each in the byte order of the machine.
fn parse_ip(hex: &str) -> Option<IpAddr> {
    let word = |at: usize| Some(u32::from_str_radix(hex.get(at..at + 8)?, 16).ok()?.to_ne_bytes());
    match hex.len() {
        8 => Some(IpAddr::V4(Ipv4Addr::from(word(0)?))),
        32 => {
            let bytes: Vec<u8> = [word(0)?, word(8)?, word(16)?, word(24)?].concat();
            Some(IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?)).to_canonical())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::net::TcpListener;

    use super::*;

    #[test]
    fn the_process_that_listens_is_found() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let found = owner(listener.local_addr().unwrap()).unwrap();
        assert_eq!(found.pid, std::process::id());
        assert!(!found.name.is_empty());
    }

    #[test]
    fn a_listener_on_every_address_stands_in_the_way_of_one() {
        let listener = TcpListener::bind("0.0.0.0:0").unwrap();
        let address = SocketAddr::from(([127, 0, 0, 1], listener.local_addr().unwrap().port()));
        assert_eq!(owner(address).unwrap().pid, std::process::id());
    }

    #[test]
    fn a_free_port_has_no_owner() {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert_eq!(owner(address), None);
    }

    #[test]
    fn addresses_are_read_as_the_kernel_writes_them() {
        if cfg!(target_endian = "little") {
            assert_eq!(parse_ip("0100007F"), Some(IpAddr::from([127, 0, 0, 1])));
            assert_eq!(parse_ip("00000000000000000000000001000000"), Some(IpAddr::V6(Ipv6Addr::LOCALHOST)));
        }
        assert_eq!(parse_ip("rubbish"), None);
    }
}
