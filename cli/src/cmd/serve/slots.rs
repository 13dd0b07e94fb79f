//! Limits the number of concurrent clients, in total and for each address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The slots for clients.
pub(super) struct Slots {
    most: u32,
    most_of_one: u32,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    inside: u32,
    /// The number of clients of each address that has any.
    of_address: HashMap<IpAddr, u32>,
    closed: bool,
}

/// A client's slot, released on drop.
pub(super) struct Slot {
    slots: Arc<Slots>,
    address: Option<IpAddr>,
}

impl Slots {
    pub(super) fn new(most: u32, most_of_one: u32) -> Slots {
        Slots {
            most,
            most_of_one,
            state: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a free slot. Returns `None` once `close` was called.
    pub(super) fn enter(self: &Arc<Slots>) -> Option<Slot> {
        let mut state = self
            .changed
            .wait_while(self.lock(), |state| {
                state.inside >= self.most && !state.closed
            })
            .unwrap_or_else(PoisonError::into_inner);
        if state.closed {
            return None;
        }
        state.inside += 1;
        Some(Slot {
            slots: Arc::clone(self),
            address: None,
        })
    }

    /// Waits until a client disconnects, but no longer than `most`.
    pub(super) fn wait_for_change(&self, most: Duration) {
        drop(self.changed.wait_timeout(self.lock(), most));
    }

    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    pub(super) fn wait_until_empty(&self, patience: Duration) {
        let waited = self
            .changed
            .wait_timeout_while(self.lock(), patience, |state| state.inside > 0);
        drop(waited);
    }
}

impl Slot {
    /// Assigns the slot to a client of this address. Returns `None` if the address has reached its
    /// limit.
    pub(super) fn of(mut self, client: IpAddr) -> Option<Slot> {
        let address = network(client);
        let mut state = self.slots.lock();
        let count = state.of_address.entry(address).or_default();
        if *count >= self.slots.most_of_one {
            drop(state);
            return None;
        }
        *count += 1;
        drop(state);
        self.address = Some(address);
        Some(self)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut state = self.slots.lock();
        state.inside -= 1;
        if let Some(address) = self.address {
            if let Some(count) = state.of_address.get_mut(&address) {
                *count -= 1;
                if *count == 0 {
                    state.of_address.remove(&address);
                }
            }
        }
        drop(state);
        self.slots.changed.notify_all();
    }
}

/// The address for which clients are counted: for IPv6 its /64 network, because one host can use
/// all addresses of a /64 (RFC 4291, section 2.5.4).
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) if v6 != Ipv6Addr::LOCALHOST => {
            IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)))
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_address_exceeds_its_share_of_the_slots() {
        let slots = Arc::new(Slots::new(100, 2));
        let enter = |text: &str| slots.enter().unwrap().of(text.parse().unwrap());
        for (same, too) in [
            ("192.0.2.1", "::ffff:192.0.2.1"),
            ("2001:db8:0:1::1", "2001:db8:0:1:2:3:4:5"),
            ("::1", "::1"),
        ] {
            let first = enter(same).unwrap();
            let _second = enter(too).unwrap();
            assert!(enter(same).is_none() && enter(too).is_none());
            drop(first);
            let _third = enter(too).unwrap();
            assert!(enter(same).is_none());
            let _others = enter("192.0.2.2").unwrap();
            let _more = enter("2001:db8:0:2::1").unwrap();
        }
        // Addresses without clients have no entry.
        assert!(slots.lock().of_address.is_empty());
        assert_eq!(slots.lock().inside, 0);
    }
}
