//! Splits a data key into the shares of its groups and puts it together again: Shamir's scheme over GF(2^8) with the
//! polynomial 0x11B, byte by byte. A share is 32 values followed by the place x at which they were taken; the shares of
//! a new split are taken at 1, 2, 3, …, in the order of the groups.

use crate::secret::{Random, SecretValue};

/// Shares of a key, any `threshold` of which give it. `None` where no such split exists: fewer than two needed, more
/// needed than there are, or more than there are places.
pub(super) fn split(
    key: &SecretValue,
    threshold: usize,
    shares: usize,
    random: &mut dyn Random,
) -> Option<Vec<SecretValue>> {
    if threshold < 2 || threshold > shares || key.is_empty() {
        return None;
    }
    let last = u8::try_from(shares).ok()?;
    // for each byte of the key a polynomial of its own; all of it random but the value at 0
    let mut drawn = vec![0; key.len() * (threshold - 1)];
    random.fill_bytes(&mut drawn);
    let drawn = SecretValue::new(drawn);
    let share = |x: u8| {
        let mut values = Vec::with_capacity(key.len() + 1);
        for (at_zero, higher) in key.expose().iter().zip(drawn.expose().chunks(threshold - 1)) {
            values.push(higher.iter().fold(0, |sum, c| multiply(sum ^ c, x)) ^ at_zero);
        }
        values.push(x);
        SecretValue::new(values)
    };
    Some((1..=last).map(share).collect())
}

/// The data key at x = 0. `None` when shares differ in length, or two were taken at the same place.
pub(super) fn combine(shares: &[SecretValue]) -> Option<SecretValue> {
    let (first, rest) = shares.split_first()?;
    let length = first.len().checked_sub(1)?;
    if length == 0 || rest.iter().any(|s| s.len() != first.len()) {
        return None;
    }
    let places: Vec<u8> = shares.iter().map(|s| s.expose()[length]).collect();
    let distinct = places.iter().enumerate().all(|(i, x)| *x != 0 && !places[..i].contains(x));
    if !distinct {
        return None;
    }
    let weights: Vec<u8> = places.iter().map(|x| weight(*x, &places)).collect();
    let key = (0..length).map(|i| {
        shares.iter().zip(&weights).fold(0, |sum, (share, w)| sum ^ multiply(share.expose()[i], *w))
    });
    Some(SecretValue::new(key.collect()))
}

/// Lagrange's weight of place `x` for the value at 0: the product of `other / (other - x)`.
fn weight(x: u8, places: &[u8]) -> u8 {
    places.iter().filter(|o| **o != x).fold(1, |w, o| multiply(w, multiply(*o, inverse(o ^ x))))
}

/// Without branches or tables that depend on the operands, which are parts of a key.
fn multiply(a: u8, b: u8) -> u8 {
    let (mut a, mut product) = (a, 0u8);
    for bit in 0..8 {
        product ^= a & 0u8.wrapping_sub((b >> bit) & 1);
        a = (a << 1) ^ (0x1b & 0u8.wrapping_sub(a >> 7));
    }
    product
}

/// a^254, which is 1/a in this field.
fn inverse(a: u8) -> u8 {
    let mut power = a;
    for _ in 0..6 {
        power = multiply(multiply(power, power), a);
    }
    multiply(power, power)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn every_element_times_its_inverse_is_one() {
        for a in 1..=255 {
            assert_eq!(multiply(a, inverse(a)), 1, "{a}");
        }
    }

    #[test]
    fn two_of_three_shares_give_the_key() {
        // the line secret + slope·x, taken at 1, 2, 3
        let secret: Vec<u8> = (0..32).collect();
        let share = |x: u8| {
            let mut s: Vec<u8> =
                secret.iter().map(|b| b ^ multiply(b.wrapping_mul(7).wrapping_add(3), x)).collect();
            s.push(x);
            SecretValue::new(s)
        };
        for (a, b) in [(1, 2), (1, 3), (3, 2)] {
            assert_eq!(combine(&[share(a), share(b)]).unwrap().expose(), secret);
        }
        assert!(combine(&[share(1), share(1)]).is_none());
        assert!(combine(&[]).is_none());
    }

    fn copy(share: &SecretValue) -> SecretValue {
        SecretValue::new(share.expose().to_vec())
    }

    proptest! {
        #[test]
        fn as_many_shares_as_are_needed_give_the_key_and_fewer_do_not(
            key in proptest::collection::vec(any::<u8>(), 16..40),
            (shares, threshold) in (2..9usize).prop_flat_map(|n| (Just(n), 2..=n)),
            chosen in any::<prop::sample::Index>(),
            seed in any::<u64>(),
        ) {
            let key = SecretValue::new(key);
            let mut random = StdRng::seed_from_u64(seed);
            let all = split(&key, threshold, shares, &mut random).unwrap();
            prop_assert_eq!(all.len(), shares);
            for (at, share) in all.iter().enumerate() {
                prop_assert_eq!(share.len(), key.len() + 1);
                prop_assert_eq!(usize::from(share.expose()[key.len()]), at + 1);
            }
            // a window that begins anywhere, backwards
            let from = chosen.index(shares);
            let some: Vec<_> = (0..threshold).rev().map(|n| copy(&all[(from + n) % shares])).collect();
            prop_assert!(combine(&some).unwrap().same_as(&key));
            prop_assert!(combine(&all).unwrap().same_as(&key));
            // one too few give something of the right length that is another key
            prop_assert!(combine(&some[1..]).is_none_or(|other| !other.same_as(&key)));
        }
    }

    #[test]
    fn a_single_share_can_belong_to_any_key() {
        // the first share of 0 takes every value: it tells nothing of the key
        let key = SecretValue::new(vec![0]);
        let mut random = StdRng::seed_from_u64(1);
        let seen: std::collections::BTreeSet<u8> =
            (0..4000).map(|_| split(&key, 2, 2, &mut random).unwrap()[0].expose()[0]).collect();
        assert_eq!(seen.len(), 256);
    }

    #[test]
    fn what_cannot_be_split_is_not() {
        let key = SecretValue::new(vec![7; 32]);
        for (threshold, shares) in [(0, 2), (1, 2), (3, 2), (2, 256), (2, 0)] {
            assert!(split(&key, threshold, shares, &mut StdRng::seed_from_u64(1)).is_none());
        }
        assert!(split(&SecretValue::new(Vec::new()), 2, 2, &mut StdRng::seed_from_u64(1)).is_none());
        assert_eq!(split(&key, 2, 255, &mut StdRng::seed_from_u64(1)).unwrap().len(), 255);
    }
}
