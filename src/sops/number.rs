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
}
