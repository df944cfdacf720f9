//! Puts a data key together from the shares of its groups: Shamir's scheme over GF(2^8) with the polynomial 0x11B,
//! byte by byte. A share is 32 values followed by the place x at which they were taken.

use crate::secret::SecretValue;

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
}
