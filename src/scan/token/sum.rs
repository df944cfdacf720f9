//! Checksums that issuers build into their tokens. One that is wrong tells a dummy from a token.

/// What is summed, and how it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sum {
    None,
    /// CRC-32 of what stands between the prefix and the last six characters, which are it in base 62.
    Base62,
    /// CRC-32 of all before the last underscore, least byte first, in hex behind it.
    Grafana,
    /// CRC-32 of all before the last seven characters, which are it in base 36.
    Base36,
    /// CRC-32 of what stands between the prefix and the last eight characters, which are it in hex.
    Hex,
    /// The body begins a JSON object in base64.
    Json,
}

impl Sum {
    /// Whether a token of this prefix is what its issuer could have made.
    pub(super) fn holds(self, head: &str, token: &[u8]) -> bool {
        let body = token.get(head.len()..).unwrap_or_default();
        let split = |n: usize| body.len().checked_sub(n).map(|at| body.split_at(at));
        match self {
            Sum::None => true,
            Sum::Base62 => split(6).is_some_and(|(body, sum)| base::<6>(62, crc32(body)) == *sum),
            Sum::Hex => split(8).is_some_and(|(body, sum)| {
                format!("{:08x}", crc32(body)).as_bytes().eq_ignore_ascii_case(sum)
            }),
            Sum::Base36 => token
                .split_at_checked(token.len().saturating_sub(7))
                .is_some_and(|(all, sum)| base::<7>(36, crc32(all)).eq_ignore_ascii_case(sum)),
            Sum::Grafana => {
                token.split_at_checked(token.len().saturating_sub(9)).is_some_and(|(all, sum)| {
                    format!("_{:08x}", crc32(all).swap_bytes()).as_bytes().eq_ignore_ascii_case(sum)
                })
            }
            Sum::Json => super::jwt::decode(&body[..body.len().min(24) / 4 * 4])
                .is_some_and(|json| json.starts_with(b"{\"")),
        }
    }
}

/// A number in base 36 or 62, with zeros in front.
pub(super) fn base<const N: usize>(base: u32, mut number: u32) -> [u8; N] {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut out = [b'0'; N];
    for place in out.iter_mut().rev() {
        *place = DIGITS[(number % base) as usize];
        number /= base;
    }
    out
}

/// The checksum of Ethernet and zip.
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    let step =
        |sum: u32, byte: &u8| {
            (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
                if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 }
            })
        };
    !bytes.iter().fold(!0, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_is_the_known_one() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(base::<6>(62, 61), *b"00000z");
    }

    #[test]
    fn examples_that_their_issuers_gave_hold() {
        // of the page that presents the form of the tokens, and of the tests of the program that issues them
        let github = ["ghp_zQWBuTSOoRi4A9", "spHcVY5ncnsDkxkJ0mLq17"].concat();
        assert!(Sum::Base62.holds("ghp_", github.as_bytes()));
        assert!(!Sum::Base62.holds("ghp_", github.replace('Q', "q").as_bytes()));
        let grafana = ["glsa_yscW25imSKJIuav8", "zF37RZmnbiDvB05G_fcaaf58a"].concat();
        assert!(Sum::Grafana.holds("glsa_", grafana.as_bytes()));
        assert!(!Sum::Grafana.holds("glsa_", grafana.replace('Z', "z").as_bytes()));
    }
}
