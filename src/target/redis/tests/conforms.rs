//! A rotation on each kind of server, and whether it lasts over a restart.

use super::*;

/// The present value lasts over a restart, and so does the overlap with another, and its end.
fn lasts(server: &mut Server, setup: &Setup, now: &str) {
    server.restart();
    assert!(setup.accepts(now), "{}", server.log());
    setup.apply("another-value-0", now).unwrap();
    server.restart();
    assert!(setup.accepts(now) && setup.accepts("another-value-0"));
    setup.revoke(now, "another-value-0").unwrap();
    server.restart();
    assert!(!setup.accepts(now) && setup.accepts("another-value-0"));
    assert!(!setup.accepts("") && !setup.accepts(OLD));
}

#[test]
fn conforms_where_requirepass_stands_in_the_configuration_file() {
    if !have("conforms_where_requirepass_stands_in_the_configuration_file", &["redis-server"]) {
        return;
    }
    let mut server = Server::start(&Options { conf: Some(REQUIREPASS), ..Options::default() });
    let setup = Setup::of(&server, "default");
    assert!(setup.examine(OLD).unwrap().is_empty());
    let last = setup.conform(OLD);
    assert_eq!(server.cli("default", &last, &["CONFIG", "GET", "requirepass"]).trim(), "requirepass");
    assert!(!server.conf().contains(OLD) && !server.conf().contains(&last), "{}", server.conf());
    lasts(&mut server, &setup, &last);
}

#[test]
fn conforms_with_an_acl_file() {
    if !have("conforms_with_an_acl_file", &["redis-server"]) {
        return;
    }
    let acl =
        [user("default", OLD, "+@all"), user("app", OLD, "+@read"), user("admin", ADMIN, "+@all")].concat();
    let mut server = Server::start(&Options { acl: Some(&acl), ..Options::default() });
    for name in ["app", "default"] {
        let setup = Setup::of(&server, name).admin(&["not-this-one", ADMIN]);
        assert!(setup.examine(OLD).unwrap().is_empty());
        let last = setup.conform(OLD);
        lasts(&mut server, &setup, &last);
    }
    let rights = server.cli("admin", ADMIN, &["ACL", "GETUSER", "app"]);
    assert!(rights.contains("-@all +@read"), "{rights}");
}

#[test]
fn conforms_without_a_file_and_says_what_a_restart_does() {
    if !have("conforms_without_a_file_and_says_what_a_restart_does", &["redis-server"]) {
        return;
    }
    let args = ["--requirepass", OLD];
    let mut server = Server::start(&Options { args: &args, ..Options::default() });
    let setup = Setup::of(&server, "default");
    let line = "a restart would lose the change; the redeploy must carry the new value";
    assert_eq!(setup.examine(OLD).unwrap(), [line]);
    let last = setup.conform(OLD);
    // it was true
    server.restart();
    assert!(setup.accepts(OLD) && !setup.accepts(&last));
    let accepted = Setup::of(&server, "default").volatile();
    assert!(accepted.examine(OLD).unwrap().is_empty());
    accepted.conform(OLD);
}

#[test]
fn conforms_for_a_user_who_is_set_by_an_admin() {
    if !have("conforms_for_a_user_who_is_set_by_an_admin", &["redis-server"]) {
        return;
    }
    let conf = [user("app", OLD, "+@read"), user("admin", ADMIN, SELF)].concat();
    let mut server = Server::start(&Options { conf: Some(&conf), ..Options::default() });
    let setup = Setup::of(&server, "app").admin(&[ADMIN]);
    setup.examine(OLD).unwrap();
    let last = setup.conform(OLD);
    lasts(&mut server, &setup, &last);
}

#[test]
fn conforms_for_a_user_who_sets_itself() {
    if !have("conforms_for_a_user_who_sets_itself", &["redis-server"]) {
        return;
    }
    let conf = user("app", OLD, SELF);
    let mut server = Server::start(&Options { conf: Some(&conf), ..Options::default() });
    let setup = Setup::of(&server, "app");
    setup.examine(OLD).unwrap();
    let last = setup.conform(OLD);
    lasts(&mut server, &setup, &last);
}

#[test]
fn conforms_over_a_socket() {
    if !have("conforms_over_a_socket", &["redis-server"]) {
        return;
    }
    let server = Server::start(&Options { conf: Some(REQUIREPASS), ..Options::default() });
    let setup = Setup::at(Address::Socket(server.socket()), "default");
    setup.examine(OLD).unwrap();
    setup.conform(OLD);
}

#[test]
fn conforms_on_valkey() {
    if !have("conforms_on_valkey", &["valkey-server"]) {
        return;
    }
    for acl in [None, Some(user("default", OLD, "+@all"))] {
        let conf = acl.is_none().then_some(REQUIREPASS);
        let options = Options { program: "valkey-server", conf, acl: acl.as_deref(), ..Options::default() };
        let mut server = Server::start(&options);
        let setup = Setup::of(&server, "default");
        assert!(setup.examine(OLD).unwrap().is_empty());
        let last = setup.conform(OLD);
        lasts(&mut server, &setup, &last);
    }
}

#[test]
fn a_server_without_config_is_served_where_a_loss_is_accepted() {
    if !have("a_server_without_config_is_served_where_a_loss_is_accepted", &["redis-server"]) {
        return;
    }
    let conf = format!("{REQUIREPASS}rename-command CONFIG \"\"\n");
    let server = Server::start(&Options { conf: Some(&conf), ..Options::default() });
    let setup = Setup::of(&server, "default").volatile();
    setup.examine(OLD).unwrap();
    setup.conform(OLD);
}
