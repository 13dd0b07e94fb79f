//! How many clients are served at once, in all and from each address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Counts the clients.
pub(super) struct Crowd {
    most: u32,
    most_of_one: u32,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    inside: u32,
    /// Only of addresses that have clients here: never more entries than clients.
    of_address: HashMap<IpAddr, u32>,
    closed: bool,
}

/// A client's place, given back when dropped.
pub(super) struct Place {
    crowd: Arc<Crowd>,
    address: Option<IpAddr>,
}

impl Crowd {
    pub(super) fn new(most: u32, most_of_one: u32) -> Crowd {
        Crowd {
            most,
            most_of_one,
            state: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a place. There is none once the crowd is closed.
    pub(super) fn enter(self: &Arc<Crowd>) -> Option<Place> {
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
        Some(Place {
            crowd: Arc::clone(self),
            address: None,
        })
    }

    /// Waits until a client leaves, but no longer than this.
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

impl Place {
    /// Gives the place to a client of this address, unless the address has as many as it may have.
    pub(super) fn of(mut self, client: IpAddr) -> Option<Place> {
        let address = network(client);
        let mut state = self.crowd.lock();
        let count = state.of_address.entry(address).or_default();
        if *count >= self.crowd.most_of_one {
            drop(state);
            return None;
        }
        *count += 1;
        drop(state);
        self.address = Some(address);
        Some(self)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.crowd.lock();
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
        self.crowd.changed.notify_all();
    }
}

/// The addresses that count as one. A host on the Internet has a whole /64 of IPv6 (RFC 4291, section 2.5.4).
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
    fn no_address_gets_more_than_its_share() {
        let crowd = Arc::new(Crowd::new(100, 2));
        let enter = |text: &str| crowd.enter().unwrap().of(text.parse().unwrap());
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
        // Nothing is kept of clients that have gone.
        assert!(crowd.lock().of_address.is_empty());
        assert_eq!(crowd.lock().inside, 0);
    }
}
