//! Services that look at the beginning of a value only, or refuse a long one, told by the usual names of their
//! variables. Where the rest is ignored, a login proves less than it seems: a value cut short passes as well.

/// The service that a value of this name is for, and how many characters of it count. Each line names its source.
pub fn longest(name: &str) -> Option<(&'static str, usize)> {
    Some(match name {
        // RFC 6143, 7.2.2: the key of the challenge is the password "truncated to eight characters"; tigervncpasswd(1)
        // says the same, and with `-f` it answers alike to 8 characters and to those with more behind them
        "VNC_PASSWORD"
        | "VNC_PASSWD"
        | "VNC_PASS"
        | "VNC_PW"
        | "VNC_VIEW_PASSWORD"
        | "X11VNC_PASSWORD"
        | "VNC_SERVER_PASSWORD" => ("vnc", 8),
        // keepalived.conf(5), auth_pass: "Only the first eight (8) characters are used"
        "KEEPALIVED_PASSWORD" | "KEEPALIVED_AUTH_PASS" | "VRRP_PASSWORD" | "VRRP_AUTH_PASS" => {
            ("keepalived", 8)
        }
        // MySQL manual, CHANGE REPLICATION SOURCE TO: SOURCE_PASSWORD of at most 32 characters, else error 3056;
        // before 5.7.5 the rest was ignored
        "MYSQL_REPLICATION_PASSWORD" | "MYSQL_REPLICA_PASSWORD" | "MYSQL_REPL_PASSWORD" => {
            ("mysql replication", 32)
        }
        // Microsoft's page "Password policy": "up to 128 characters long"
        "MSSQL_SA_PASSWORD" | "SA_PASSWORD" => ("sql server", 128),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Spec;

    #[test]
    fn known_names_have_their_limit_and_others_none() {
        assert_eq!(longest("VNC_PW"), Some(("vnc", 8)));
        assert_eq!(longest("KEEPALIVED_PASSWORD"), Some(("keepalived", 8)));
        assert_eq!(longest("MYSQL_REPLICATION_PASSWORD"), Some(("mysql replication", 32)));
        assert_eq!(longest("SA_PASSWORD"), Some(("sql server", 128)));
        for other in ["", "VNC_PORT", "vnc_pw", "POSTGRES_PASSWORD", "MYSQL_ROOT_PASSWORD", "MY_VNC_PW"] {
            assert_eq!(longest(other), None, "{other}");
        }
    }

    #[test]
    fn what_is_made_by_default_fits_wherever_enough_bits_fit() {
        for name in ["MYSQL_REPLICATION_PASSWORD", "SA_PASSWORD"] {
            let made = Spec::DEFAULT.generate(&mut rand::rngs::OsRng);
            assert!(longest(name).is_some_and(|(_, limit)| made.len() <= limit), "{name}");
        }
    }
}
