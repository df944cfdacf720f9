//! Numbers and booleans as Go prints them.
//!
//! sops sees a dotenv value as a string, but `sops set FILE '["PORT"]' 5432` stores a JSON number, and the type tag of
//! a value can be changed without notice. Such values must be read, hashed and shown as Go's strconv does it, or the
//! MAC would not fit. Each function gives the text that is shown and the text that is hashed.

/// Shown with the shortest `G` format and at least one decimal; hashed without exponent.
pub(super) fn float(text: &str) -> Option<(String, String)> {
    let value: f64 = text.parse().ok()?;
    if !value.is_finite() {
        let name = match (value.is_nan(), value > 0.0) {
            (true, _) => "NaN",
            (_, true) => "+Inf",
            _ => "-Inf",
        };
        return Some((name.into(), name.into()));
    }
    let (digits, exponent) = shortest(value)?;
    let hashed = plain(&digits, exponent);
    // Go's `G` turns to an exponent below 1e-4 and from 1e6 on
    let shown = if value != 0.0 && !(-4..6).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{digits}E{sign}{:02}", exponent.abs())
    } else if hashed.contains('.') {
        hashed.clone()
    } else {
        format!("{hashed}.0")
    };
    Some((shown, hashed))
}

/// A float as Go's JSON writes it: with an exponent only where it is very small or very large.
pub(super) fn json(text: &str) -> Option<String> {
    let value: f64 = text.parse().ok().filter(|value: &f64| value.is_finite())?;
    let (digits, exponent) = shortest(value)?;
    if value == 0.0 || (-6..21).contains(&exponent) {
        return Some(plain(&digits, exponent));
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    // an exponent of one digit is written with two, but not behind a minus
    let width = if exponent < 0 { 1 } else { 2 };
    Some(format!("{digits}e{sign}{:0width$}", exponent.abs()))
}

/// Whether a float says all of a decimal number. Zeros that change nothing may go.
pub(super) fn is_whole(text: &str) -> bool {
    let significant = |digits: &str, exponent: i64| -> Option<(String, i64)> {
        let digits = digits.trim_start_matches('-');
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all = format!("{whole}{fraction}");
        let rest = all.trim_start_matches('0');
        let point = i64::try_from(whole.len()).ok()? - i64::try_from(all.len() - rest.len()).ok()?;
        let rest = rest.trim_end_matches('0');
        Some(if rest.is_empty() {
            (String::new(), 0)
        } else {
            (rest.to_owned(), exponent.checked_add(point)?)
        })
    };
    let said = || {
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        significant(mantissa, exponent.parse().ok()?)
    };
    let kept = || {
        let value: f64 = text.parse().ok().filter(|value: &f64| value.is_finite())?;
        let (digits, exponent) = shortest(value)?;
        significant(&digits, i64::from(exponent))
    };
    said().is_some() && said() == kept()
}

/// The fewest digits that mean this number, as `1.234` and its exponent. Where two texts of that length are equally
/// near, Go takes the even one, as Rust does when it is told how many digits to write.
fn shortest(value: f64) -> Option<(String, i32)> {
    let shortest = format!("{value:E}");
    let decimals = shortest.split_once('E')?.0.split_once('.').map_or(0, |(_, d)| d.len());
    let even = format!("{value:.decimals$E}");
    let text = if even.parse() == Ok(value) { even } else { shortest };
    let (digits, exponent) = text.split_once('E')?;
    Some((digits.to_owned(), exponent.parse().ok()?))
}

/// The same number without exponent.
fn plain(digits: &str, exponent: i32) -> String {
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |d| ("-", d));
    let mut all = digits.replace('.', "");
    let Ok(before) = usize::try_from(exponent + 1) else {
        return format!("{sign}0.{}{all}", "0".repeat(exponent.unsigned_abs() as usize - 1));
    };
    if before >= all.len() {
        all.push_str(&"0".repeat(before - all.len()));
    } else if before == 0 {
        all.insert_str(0, "0.");
    } else {
        all.insert(before, '.');
    }
    sign.to_owned() + &all
}

/// Any of Go's spellings; shown in lower case, hashed capitalised.
pub(super) fn boolean(text: &str) -> Option<(String, String)> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(("true".into(), "True".into())),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(("false".into(), "False".into())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_shown_and_hashed_as_go_does() {
        for (text, shown, hashed) in [
            ("12", "12.0", "12"),
            ("5432", "5432.0", "5432"),
            ("1.50", "1.5", "1.5"),
            ("12345678901", "1.2345678901E+10", "12345678901"),
            ("1000000", "1E+06", "1000000"),
            ("999999", "999999.0", "999999"),
            ("0.0001", "0.0001", "0.0001"),
            ("0.00001", "1E-05", "0.00001"),
            ("0", "0.0", "0"),
            ("-0", "-0.0", "-0"),
            ("0.5", "0.5", "0.5"),
            ("-0.0123", "-0.0123", "-0.0123"),
            ("1e21", "1E+21", "1000000000000000000000"),
            ("11664315731673.812", "1.1664315731673812E+13", "11664315731673.812"),
            ("inf", "+Inf", "+Inf"),
        ] {
            assert_eq!(float(text), Some((shown.into(), hashed.into())), "{text}");
        }
        assert_eq!(float("twelve"), None);
    }

    #[test]
    fn floats_are_written_as_json_of_go_writes_them() {
        for (text, want) in [
            ("1", "1"),
            ("1.50", "1.5"),
            ("-0", "-0"),
            ("0.000001", "0.000001"),
            ("0.0000001", "1e-7"),
            ("1.5e-10", "1.5e-10"),
            ("1e20", "100000000000000000000"),
            ("1e21", "1e+21"),
            ("-1.25e300", "-1.25e+300"),
            ("9007199254740993", "9007199254740992"),
        ] {
            assert_eq!(json(text).as_deref(), Some(want), "{text}");
        }
        assert_eq!(json("inf"), None);
    }

    #[test]
    fn lost_digits_are_noticed() {
        for text in
            ["0", "-0.0", "1.10", "0.1", "1e3", "1E-7", "100e-2", "0.00010", "12345678901234567e3", "5e-324"]
        {
            assert!(is_whole(text), "{text}");
        }
        for text in
            ["9007199254740993", "18446744073709551616", "0.1000000000000000055", "1e400", "1e-400", "x"]
        {
            assert!(!is_whole(text), "{text}");
        }
    }
}
