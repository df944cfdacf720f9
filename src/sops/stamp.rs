//! The time of the last change, as the MAC is bound to it: parsed and written again the way Go's sops does it.
//! Fractions of a second fall away, `+00:00` becomes `Z`, any other offset stays.

/// `None` unless `text` is an RFC 3339 time with upper-case `T` and `Z`.
pub(super) fn normalise(text: &str) -> Option<String> {
    let (date_time, offset) = text.split_at_checked(19)?;
    let shape = date_time.bytes().enumerate().all(|(i, b)| match i {
        4 | 7 => b == b'-',
        10 => b == b'T',
        13 | 16 => b == b':',
        _ => b.is_ascii_digit(),
    });
    let _: jiff::civil::DateTime = shape.then(|| date_time.parse().ok()).flatten()?;
    let offset = match offset.strip_prefix('.') {
        Some(fraction) => {
            let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
            (digits > 0).then(|| &fraction[digits..])?
        }
        None => offset,
    };
    let numeric = |o: &str| {
        let o = o.as_bytes();
        o.len() == 6
            && matches!(o[0], b'+' | b'-')
            && o[3] == b':'
            && [1, 2, 4, 5].iter().all(|i| o[*i].is_ascii_digit())
    };
    match offset {
        "Z" | "+00:00" | "-00:00" => Some(format!("{date_time}Z")),
        o if numeric(o) => Some(format!("{date_time}{o}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::normalise;

    #[test]
    fn times_become_what_the_mac_is_bound_to() {
        for (text, want) in [
            ("2026-11-20T04:24:16Z", Some("2026-11-20T04:24:16Z")),
            ("2026-11-20T04:24:16.5Z", Some("2026-11-20T04:24:16Z")),
            ("2026-11-20T04:24:16+02:00", Some("2026-11-20T04:24:16+02:00")),
            ("2026-11-20T04:24:16+00:00", Some("2026-11-20T04:24:16Z")),
            ("2026-11-20t04:24:16Z", None),
            ("2026-11-20 04:24:16Z", None),
            ("2026-11-20T04:24:16z", None),
            ("2026-02-30T04:24:16Z", None),
            ("2026-11-20T04:24:16Z\r", None),
            ("", None),
        ] {
            assert_eq!(normalise(text).as_deref(), want, "{text}");
        }
    }
}
