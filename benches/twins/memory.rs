//! The memory of a pair of connections.

use std::sync::mpsc;

use crate::setup::Setup;
use crate::tls::{Tls, Version};
use crate::work::{dial, serve};

const WARM_UP: usize = 50;
const PAIRS: usize = 300;

/// Resident bytes for each pair of a client and a server, after each has sent `exchanged` bytes.
/// NaN if the system does not report memory.
pub(crate) fn of_pair<T: Tls>(setup: &Setup, exchanged: usize) -> f64 {
    let (sender, accepted) = mpsc::channel();
    let addr = serve::<T>(T::server(setup, Version::V13), move |stream| {
        sender.send(stream).unwrap();
    });
    let context = T::client(setup, Version::V13);
    let mut buf = vec![0; exchanged];
    let mut pair = || {
        let mut client = T::connect(&context, dial(addr), None);
        let mut server = accepted.recv().unwrap();
        if exchanged > 0 {
            T::send(&mut client, &buf);
            T::recv_exact(&mut server, &mut buf);
            T::send(&mut server, &buf);
            T::recv_exact(&mut client, &mut buf);
        }
        (client, server)
    };
    let mut pairs: Vec<_> = (0..WARM_UP).map(|_| pair()).collect();
    let before = resident();
    pairs.extend((0..PAIRS).map(|_| pair()));
    (resident() - before) / PAIRS as f64
}

fn resident() -> f64 {
    const PAGE: f64 = 4096.0;
    std::fs::read_to_string("/proc/self/statm")
        .ok()
        .and_then(|text| text.split(' ').nth(1)?.parse::<f64>().ok())
        .map_or(f64::NAN, |pages| pages * PAGE)
}
