//! A network namespace for the whole process: nothing outside sees the device, and nothing is left of it.

use std::{fs, net::IpAddr, thread, time::Duration};

use nix::{
    errno::Errno,
    sched::{CloneFlags, unshare},
};
use stack_under_test::Cidr;

use crate::target::device::Device;
use crate::target::{TargetError, kernel::enter_user_namespace_if_needed};

/// Moves the process into a namespace of its own. Must come before any thread is made; programs it starts are there too.
///
/// # Errors
/// [`TargetError::Permission`] if the system does not allow it.
pub fn enter() -> Result<(), TargetError> {
    enter_user_namespace_if_needed()?;
    unshare(CloneFlags::CLONE_NEWNET).map_err(|errno| match errno {
        Errno::EPERM | Errno::ENOSPC | Errno::EUSERS => TargetError::Permission(format!(
            "a network namespace may not be made ({errno}): run as root, or allow unprivileged user namespaces"
        )),
        errno => TargetError::Io { doing: "make a network namespace".to_owned(), source: errno.into() },
    })
}

/// Gives the kernel's side of the device an address next to each of the host's, and brings it up. The kernel then says
/// nothing of its own accord on it.
///
/// # Errors
/// Those of the device.
pub fn configure(device: &Device, name: &str, addresses: &[Cidr]) -> Result<(), TargetError> {
    for setting in ["router_solicitations", "accept_ra", "accept_dad"] {
        set(name, setting, "0")?;
    }
    // The kernel asks for duplicates unless this says so too.
    set("all", "accept_dad", "0")?;
    // No link-local address of the kernel's own choice.
    set(name, "addr_gen_mode", "1")?;
    device.set_up()?;
    addresses.iter().try_for_each(|ours| device.add_address(neighbor_of(ours), ours.prefix_len))?;
    wait_until_usable(name);
    Ok(())
}

/// The kernel takes its IPv6 addresses into use a moment after they are given; until then it would speak from another.
fn wait_until_usable(name: &str) {
    const TENTATIVE: u8 = 0x40;
    for _ in 0..100 {
        // Address, index, prefix, scope, flags, name.
        let addresses = fs::read_to_string("/proc/thread-self/net/if_inet6").unwrap_or_default();
        let tentative = addresses.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).any(|words| {
            let flags = words.get(4).and_then(|flags| u8::from_str_radix(flags, 16).ok());
            words.last() == Some(&name) && flags.is_some_and(|flags| flags & TENTATIVE != 0)
        });
        if !tentative {
            return;
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// A kernel without IPv6 has no such switch, and nothing to switch.
fn set(name: &str, setting: &str, value: &str) -> Result<(), TargetError> {
    match fs::write(format!("/proc/sys/net/ipv6/conf/{name}/{setting}"), value) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(TargetError::Io { doing: format!("set {setting}"), source: error })
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// The first address of the subnet that is not the host's own.
#[must_use]
pub fn neighbor_of(ours: &Cidr) -> IpAddr {
    match ours.address {
        IpAddr::V4(address) => {
            let hosts = u32::MAX.checked_shr(u32::from(ours.prefix_len)).unwrap_or(0);
            let first = (address.to_bits() & !hosts) | 1;
            let other = if first == address.to_bits() { first ^ 3 } else { first };
            IpAddr::V4(other.into())
        }
        IpAddr::V6(address) => {
            let hosts = u128::MAX.checked_shr(u32::from(ours.prefix_len)).unwrap_or(0);
            let first = (address.to_bits() & !hosts) | 1;
            let other = if first == address.to_bits() { first ^ 3 } else { first };
            IpAddr::V6(other.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_gets_another_address_of_the_subnet() {
        for (ours, prefix_len, kernel) in [
            ("10.79.3.2", 24, "10.79.3.1"),
            ("10.79.3.1", 24, "10.79.3.2"),
            ("10.79.3.200", 16, "10.79.0.1"),
            ("fd79::2", 64, "fd79::1"),
            ("fd79::1", 64, "fd79::2"),
        ] {
            let ours = Cidr::new(ours.parse::<IpAddr>().unwrap(), prefix_len);
            assert_eq!(neighbor_of(&ours).to_string(), kernel, "{ours}");
            assert!(ours.contains(neighbor_of(&ours)));
        }
    }
}
