//! A rotation survives whatever happens to the process, proven on the program itself: killed before every single system
//! call that has an effect, with every such call failing once or for good, killed again while it resumes, with its
//! journal cut at a byte, interrupted by signals, and with somebody else's hands on the file.
//!
//! After each, one check: `invariants` holds I1-I7 as far as they can be seen from outside. The points are not listed
//! anywhere: they are counted in a run without a fault, so that new code is met by the same tests. Sampling is dense
//! enough to meet every line of the journal; `RESEAL_TEST_CRASH=all` takes every point.

mod case;
mod durable;
mod fault;
mod foreign;
mod invariants;
mod journal;
mod kill;
mod rekey;
mod signal;
mod strace;
mod twice;

use std::sync::atomic::{AtomicUsize, Ordering};

/// Whether every point is to be taken, however long it takes.
fn all() -> bool {
    std::env::var("RESEAL_TEST_CRASH").is_ok_and(|v| v == "all")
}

/// Every `step`-th of the points, or all where that is wanted.
fn sample<T>(points: Vec<T>, step: usize) -> Vec<T> {
    points.into_iter().step_by(if all() { 1 } else { step }).collect()
}

/// Does the same with every point, on as many threads as there are processors.
fn each<T: Sync>(points: &[T], check: impl Fn(usize, &T) + Sync) {
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    let Some(point) = points.get(i) else { break };
                    check(i, point);
                }
            });
        }
    });
}
