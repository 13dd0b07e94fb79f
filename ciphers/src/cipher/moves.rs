//! Comparison of the order of two lists of suites, as numbers below `len`.

/// A smallest set of suites without which both lists have the same order.
pub(super) fn fewest_moved(before: &[u16], after: &[u16], len: usize) -> Box<[u16]> {
    let common = in_both(before, after, len);
    let stay = longest_increasing(&common);
    let moved = common.iter().map(|(i, _)| *i).filter(|i| !stay.contains(i));
    moved.collect()
}

/// The suites of `after` that are in `before` too, with their place there.
pub(super) fn in_both(before: &[u16], after: &[u16], len: usize) -> Vec<(u16, usize)> {
    let mut place = vec![None; len];
    for (at, i) in before.iter().enumerate() {
        place[usize::from(*i)] = Some(at);
    }
    let found = after
        .iter()
        .map(|i| place[usize::from(*i)].map(|at| (*i, at)));
    found.flatten().collect()
}

fn longest_increasing(common: &[(u16, usize)]) -> Vec<u16> {
    let mut best: Vec<(usize, Option<usize>)> = Vec::with_capacity(common.len());
    for (k, (_, at)) in common.iter().enumerate() {
        let previous = (0..k)
            .filter(|&j| common[j].1 < *at)
            .max_by_key(|&j| best[j].0);
        best.push((previous.map_or(1, |j| best[j].0 + 1), previous));
    }
    let mut stay = Vec::new();
    let mut next = (0..common.len()).max_by_key(|&k| best[k].0);
    while let Some(k) = next {
        stay.push(common[k].0);
        next = best[k].1;
    }
    stay
}
