//! OpenLDAP with one entry, `cn=app,dc=test`, and the administrator `cn=admin,dc=test`.

use std::process::{Command, Stdio};

use super::{Folder, Running, free_port, wait_until};

pub struct OpenLdap {
    _folder: Folder,
    /// `ldap://127.0.0.1:port`
    pub uri: String,
    process: Option<Running>,
    start: Vec<String>,
}

impl OpenLdap {
    pub fn start(admin: &str, user: &str) -> Self {
        let folder = Folder::new("openldap");
        let at = |name: &str| folder.0.join(name).to_str().unwrap().to_owned();
        std::fs::create_dir(at("data")).unwrap();
        let settings = format!(
            "include /etc/ldap/schema/core.schema\nmodulepath /usr/lib/ldap\nmoduleload back_mdb\n\
             pidfile {}\ndatabase mdb\nsuffix dc=test\nrootdn cn=admin,dc=test\nrootpw {admin}\ndirectory {}\n\
             access to attrs=userPassword by anonymous auth\naccess to * by * read\n",
            at("pid"),
            at("data")
        );
        std::fs::write(at("slapd.conf"), settings).unwrap();
        let entries = format!(
            "dn: dc=test\nobjectClass: dcObject\nobjectClass: organization\ndc: test\no: test\n\n\
             dn: cn=app,dc=test\nobjectClass: person\ncn: app\nsn: app\nuserPassword: {user}\n"
        );
        std::fs::write(at("entries"), entries).unwrap();
        let added = Command::new("slapadd")
            .args(["-f", &at("slapd.conf"), "-l", &at("entries")])
            .stderr(Stdio::null())
            .status()
            .unwrap();
        assert!(added.success());
        let uri = format!("ldap://127.0.0.1:{}", free_port());
        let start = ["-d", "0", "-f", &at("slapd.conf"), "-h", &uri].map(str::to_owned).to_vec();
        let mut server = OpenLdap { _folder: folder, uri, process: None, start };
        server.up();
        server
    }

    pub fn up(&mut self) {
        let child = Command::new("slapd")
            .args(&self.start)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.process = Some(Running(child));
        let address = self.uri.trim_start_matches("ldap://").to_owned();
        wait_until("slapd", || std::net::TcpStream::connect(&address).is_ok());
    }

    pub fn down(&mut self) {
        self.process = None;
    }
}
