//! Lines of many kinds of files, with secrets in them and without.

mod clean;
mod places;
mod values;

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::*;
use crate::scan::kind::Name;
use values::Values;

/// What is found in a file: the rules, and the bytes.
fn find(path: &str, content: &str) -> Vec<(&'static str, String)> {
    let name = Name::of(path.as_bytes());
    let text = Text::of(&name, content.as_bytes());
    static WORDS: LazyLock<AhoCorasick> =
        LazyLock::new(|| AhoCorasick::builder().ascii_case_insensitive(true).build(words()).unwrap());
    let (mut generic, mut hits) = (Generic::default(), Vec::new());
    generic.file(&text, &mut hits);
    for found in WORDS.find_overlapping_iter(text.bytes) {
        generic.at(&text, found.pattern().as_usize(), found.start()..found.end(), &mut hits);
    }
    hits.into_iter().map(|hit| (hit.rule, content[hit.at].to_owned())).collect()
}

/// Each line is a file and its content; `@p` stands for a password, `@h` for one that people make up, `@k` for a key,
/// `@x` for hexadecimal digits, `@t` for a token.
const TRUE: &[(&str, &str)] = &[
    ("a.yaml", "password: @p"),
    ("a.yaml", "db:\n  password: @h\n"),
    ("a.yaml", "db:\n  password: \"@p\" # of the database\n"),
    ("a.yml", "spring:\n  datasource:\n    password: '@h'\n"),
    ("a.yml", "apiKey: @k"),
    ("a.yml", "secret_key_base: @x"),
    ("a.yml", "api_token: @t"),
    ("a.yml", "    environment:\n      - POSTGRES_PASSWORD=@h\n"),
    ("a.yml", "    environment:\n      POSTGRES_PASSWORD: @h\n"),
    ("a.yml", "env:\n- name: DB_PASSWORD\n  value: @h\n"),
    ("a.yml", "env:\n- name: API_TOKEN\n  value: \"@k\"\n"),
    ("a.yml", "users: [{name: ann, password: @k}]"),
    ("a.yml", "users: {name: ann, password: @k, age: 3}"),
    ("a.yml", "token: >-\n  @k\n"),
    ("a.yml", "    - run: deploy --token @k\n"),
    ("a.yml", "ansible_become_pass: @h"),
    ("a.yml", "ansible_ssh_pass: \"@p\""),
    ("a.yml", "  jwt-secret: @k"),
    ("a.yml", "  clientSecret: @k"),
    ("a.yml", "- set_fact: db_password=@h"),
    ("a.json", "{\"password\": \"@p\"}"),
    ("a.json", "{\n  \"apiKey\": \"@k\",\n  \"clientSecret\" : \"@h\"\n}"),
    ("a.json", "{\"environment\": [{\"name\": \"DB_PASSWORD\", \"value\": \"@h\"}]}"),
    ("a.json", "{\n  \"name\": \"API_KEY\",\n  \"value\": \"@k\"\n}"),
    ("a.json", "{\"ConnectionStrings\": {\"Default\": \"Server=db;Database=x;User Id=sa;Password=@h;\"}}"),
    ("a.json", "{\"body\": \"{\\\"password\\\": \\\"@k\\\"}\"}"),
    ("a.json", "{\"ParameterKey\": \"DbPassword\", \"ParameterValue\": \"@h\"}"),
    ("a.properties", "spring.datasource.password=@h"),
    ("a.properties", "jwt.secret = @k"),
    ("a.properties", "api.key=@k"),
    ("a.properties", "spring.datasource.password=${DB_PASSWORD:@h}"),
    ("a.properties", "javax.net.ssl.keyStorePassword=@p"),
    ("a.properties", "spring.datasource.url=jdbc:mysql://db/x?user=app&password=@k"),
    ("a.ini", "[client]\nuser=root\npassword=@h\n"),
    ("a.ini", "password = @p ; of the database"),
    (".my.cnf", "[client]\npassword=\"@p\"\n"),
    (".env", "DB_PASSWORD=@h"),
    (".env", "export API_KEY=\"@k\""),
    (".env", "SECRET_KEY='@p'"),
    (".env.production", "REDIS_PASS=@k"),
    ("a.toml", "password = \"@h\""),
    ("a.toml", "secret-key = '@k'"),
    ("a.tf", "  password = \"@h\""),
    ("a.tf", "variable \"db_password\" {\n  default = \"x\"\n}\nmaster_password = \"@p\"\n"),
    ("a.tfvars", "db_password = \"@h\""),
    (".npmrc", "//registry.npmjs.org/:_authToken=@t"),
    (".npmrc", "_password=@k"),
    (".pypirc", "[pypi]\nusername: ann\npassword: @h\n"),
    (".netrc", "machine git.firma.de login ann password @h"),
    (".netrc", "machine git.firma.de\nlogin ann\npassword @p\n"),
    (".s3cfg", "secret_key = @k"),
    ("credentials", "[default]\naws_secret_access_key = @t"),
    (".pgpass", "db.firma.de:5432:app:ann:@h\n"),
    ("redis.conf", "requirepass @h\n"),
    ("redis.conf", "masterauth @k\n"),
    ("settings.xml", "<server><id>x</id><password>@h</password></server>"),
    ("web.config", "<add key=\"ApiKey\" value=\"@k\" />"),
    ("web.config", "<add name=\"x\" connectionString=\"Server=db;User=sa;Password=@h;\" />"),
    ("a.xml", "<property name=\"password\" value=\"@p\"/>"),
    ("a.xml", "<property name=\"hibernate.connection.password\">@h</property>"),
    ("a.xml", "<datasource user=\"sa\" password=\"@h\"/>"),
    ("strings.xml", "<string name=\"api_secret\">@k</string>"),
    ("Dockerfile", "ENV DB_PASSWORD=@h"),
    ("Dockerfile", "ENV API_TOKEN @k"),
    ("Dockerfile", "ARG NPM_TOKEN=@t"),
    ("Makefile", "DB_PASSWORD ?= @h"),
    ("Makefile", "deploy:\n\tPGPASSWORD=@h psql -h db\n"),
    ("a.sh", "export DB_PASSWORD=@h"),
    ("a.sh", "DB_PASSWORD=\"@p\""),
    ("a.sh", "PGPASSWORD=@k psql -U app"),
    ("a.sh", "DB_PASSWORD=${DB_PASSWORD:-@h}"),
    ("a.sh", "curl -u admin:@h https://api.firma.de/x"),
    ("a.sh", "curl -s --user 'admin:@p' https://api.firma.de/x"),
    ("a.sh", "curl -H 'Authorization: Bearer @t' https://api.firma.de/x"),
    ("a.sh", "curl -H \"X-Api-Key: @k\" https://api.firma.de/x"),
    ("a.sh", "mysql -u root -p@h app"),
    ("a.sh", "mysqldump -uroot -p'@p' app > dump.sql"),
    ("a.sh", "mysql --user=root --password=@h app"),
    ("a.sh", "sshpass -p '@h' ssh ann@db"),
    ("a.sh", "sshpass -p @k ssh ann@db"),
    ("a.sh", "docker login -u ann -p @h registry.firma.de"),
    ("a.sh", "echo '@p' | docker login -u ann --password-stdin"),
    ("a.sh", "openssl enc -aes-256-cbc -k @h -in a -out b"),
    ("a.sh", "openssl rsa -in a.pem -passin pass:@h"),
    ("a.sh", "redis-cli -h cache -a @h ping"),
    ("a.sh", "mongodump --host db -u app -p @h"),
    ("a.sh", "ldapsearch -D cn=admin -w @h -b dc=x"),
    ("a.sh", "tool --api-key @k run"),
    ("a.sh", "gpg --batch --passphrase @h -d a.gpg"),
    ("a.sh", "gpg --batch --passphrase '@p' -d a.gpg"),
    ("a.sh", "rabbitmqctl add_user app @h"),
    ("a.bat", "set DB_PASSWORD=@h"),
    ("a.bat", "net user ann @h /add"),
    ("a.ps1", "$env:API_KEY = \"@k\""),
    ("a.ps1", "$Password = '@h'"),
    (".bash_history", "export TOKEN=@t"),
    (".bash_history", "mysql -uroot -p@h"),
    (".bash_history", "PGPASSWORD='@p' psql -h db"),
    ("a.py", "PASSWORD = \"@h\""),
    ("a.py", "API_KEY = '@k'"),
    ("a.py", "db.connect(host='db', password='@p')"),
    ("a.py", "config[\"password\"] = \"@h\""),
    ("a.py", "SECRET_KEY = b'@k'"),
    ("a.py", "headers = {'Authorization': 'Bearer @t'}"),
    ("a.py", "headers = {\"X-Api-Key\": \"@k\"}"),
    ("a.py", "password: str = \"@h\""),
    ("a.py", "os.environ['API_TOKEN'] = '@k'"),
    ("a.py", "subprocess.run(['mysql', '--password=@h'])"),
    ("a.py", "conn = psycopg2.connect(\"dbname=x user=app password=@h host=db\")"),
    ("a.py", "os.environ.get('DB_PASSWORD', '@h')"),
    ("a.js", "const apiKey = '@k';"),
    ("a.js", "module.exports = { password: '@h' };"),
    ("a.js", "const password = process.env.PASSWORD || '@h';"),
    ("a.js", "jwt.sign(x, secret = `@k`)"),
    ("a.ts", "private readonly clientSecret: string = '@k';"),
    ("a.ts", "export const TOKEN: string = \"@t\";"),
    ("a.java", "private static final String PASSWORD = \"@h\";"),
    ("a.java", "props.setProperty(\"password\", \"@p\");"),
    ("a.java", "config.setPassword(\"@h\");"),
    ("a.kt", "val apiSecret = \"@k\""),
    ("a.go", "const apiKey = \"@k\""),
    ("a.go", "password := \"@h\""),
    ("a.go", "cfg := Config{Password: \"@p\"}"),
    ("a.go", "secret := []byte(\"@k\")"),
    ("a.rs", "const PASSWORD: &str = \"@h\";"),
    ("a.rs", "let token = String::from(\"@t\");"),
    ("a.rs", "let password = \"@p\".to_string();"),
    ("a.rb", "password: '@h'"),
    ("a.rb", "Config.secret_key = \"@k\""),
    ("a.php", "define('DB_PASSWORD', '@h');"),
    ("wp-config.php", "define( 'AUTH_KEY', '@k' );"),
    ("a.php", "$password = \"@h\";"),
    ("a.php", "'password' => '@p',"),
    ("a.cs", "string password = \"@h\";"),
    ("a.cs", "var cs = \"Server=db;User Id=sa;Password=@h;\";"),
    ("a.c", "#define API_KEY \"@k\""),
    ("a.c", "static const char *password = \"@h\";"),
    ("a.pl", "my $password = '@h';"),
    ("a.lua", "local secret = \"@k\""),
    ("a.swift", "let apiKey = \"@k\""),
    ("a.ex", "secret_key_base: \"@k\","),
    ("a.scala", "val password = \"@h\""),
    ("a.groovy", "storePassword '@h'"),
    ("a.sql", "CREATE USER app WITH PASSWORD '@h';"),
    ("a.sql", "ALTER ROLE app WITH ENCRYPTED PASSWORD '@p';"),
    ("a.sql", "CREATE USER 'app'@'%' IDENTIFIED BY '@h';"),
    ("a.sql", "CREATE LOGIN app WITH PASSWORD = N'@p';"),
    ("a.sql", "SET PASSWORD FOR 'root'@'localhost' = PASSWORD('@h');"),
    ("a.sh", "psql -c \"ALTER USER app PASSWORD '@h'\""),
    ("a.yml", "url: postgres://app:@k@db.firma.de:5432/app"),
    (".env", "DATABASE_URL=postgresql://app:@k@db/app"),
    (".env", "REDIS_URL=redis://:@k@cache:6379/0"),
    ("a.py", "URL = 'amqp://app:@k@rabbit:5672/x'"),
    ("a.js", "mongoose.connect('mongodb+srv://app:@k@cluster0.x.mongodb.net/app')"),
    ("a.sh", "git clone https://deploy:@k@git.firma.de/x.git"),
    (".gitconfig", "url = https://@t@git.firma.de/x.git"),
    ("a.md", "Connect to `postgres://app:@k@db.firma.de/app`."),
    ("a.md", "    export API_TOKEN=@t"),
    ("a.md", "The password is `DB_PASSWORD=@k`."),
    ("README", "curl -u admin:@k https://api.firma.de"),
    ("a.txt", "password: @p"),
    ("a.http", "Authorization: Bearer @t"),
    ("a.yaml", "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\nstringData:\n  password: @h\n"),
    ("a.yaml", "apiVersion: v1\nkind: Secret\nstringData:\n  DB_PASS: \"@p\"\n  user: app\n"),
    ("a.conf", "password = \"@h\""),
    ("a.conf", "    proxy_set_header Authorization \"Bearer @t\";"),
    ("wg.conf", "PrivateKey = @t"),
    ("a.cfg", "admin_password = @h"),
    ("a.hcl", "token = \"@k\""),
    ("a.gradle", "signingPassword = '@h'"),
    ("a.yml", "      with:\n        api-key: @k\n"),
    ("a.yml", "rabbitmq_password: '@p'"),
    ("a.vue", "const token = '@t'"),
    ("a.html", "<script>var apiKey = \"@k\";</script>"),
    ("a.ipynb", "{\"source\": [\"password = '@h'\\n\", \"x\"]}"),
    ("a.ipynb", "{\"source\": [\"api_key = \\\"@k\\\"\\n\", \"x\"]}"),
    ("a.service", "Environment=DB_PASSWORD=@h"),
    ("a.service", "Environment=\"API_TOKEN=@k\""),
    ("a.tf", "connection_string = \"Server=db;Pwd=@h;\""),
    ("application.yml", "keycloak:\n  credentials:\n    secret: @k\n"),
    ("a.yaml", "- name: x\n  user:\n    name: ann\n    password: \"@h\"\n"),
    ("Info.plist", "<key>ApiSecret</key>\n\t<string>@k</string>"),
    ("core-site.xml", "<property><name>fs.s3a.secret.key</name><value>@k</value></property>"),
    ("config.yml.j2", "password: @h"),
    ("config.php.bak", "$password = '@h';"),
    ("a.ps1", "$c = ConvertTo-SecureString \"@h\" -AsPlainText -Force"),
    ("a.go", "req.SetBasicAuth(\"ann\", \"@h\")"),
    ("a.py", "requests.get(url, auth=(\"ann\", \"@h\"))"),
    ("a.py", "server.login('ann@firma.de', '@h')"),
    ("a.php", "$db = new PDO('mysql:host=db;dbname=x', 'app', '@h');"),
    ("a.php", "$db = new mysqli('db', 'app', '@h', 'x');"),
    ("a.java", "DriverManager.getConnection(\"jdbc:postgresql://db/x\", \"app\", \"@h\");"),
    ("users.acl", "user app on >@k ~* +@all"),
    ("msmtprc", "user ann\npassword @h\n"),
    ("bin/backup", "#!/bin/sh\ncurl -H \"X-Api-Key: @k\" https://firma.de\n"),
    ("a.md", "Log in as `admin` with the password `@k`."),
    ("appsettings.json", "{\"Cache\": \"cache.firma.de:6379,password=@k,ssl=True\"}"),
    ("a.reg", "\"Password\"=\"@h\""),
    ("a.yml", "AccountKey: @t"),
    ("a.yml", "cs: DefaultEndpointsProtocol=https;AccountName=x;AccountKey=@t==;EndpointSuffix=x"),
];

#[test]
fn secrets_are_found_where_they_stand() {
    let mut values = Values::new(7);
    let (mut missed, mut all) = (Vec::new(), 0);
    for (path, template) in TRUE.iter().chain(places::PLACES) {
        for _ in 0..8 {
            let (content, secrets) = values.fill(template);
            let found = find(path, &content);
            for secret in secrets {
                all += 1;
                if !found.iter().any(|(_, at)| at.trim_end_matches('=') == secret) {
                    missed.push(format!("{path}: {content:?}: {secret:?}: {found:?}"));
                }
            }
        }
    }
    let share = missed.len() as f32 / all as f32;
    assert!(share < 0.02, "{} of {all} missed: {missed:#?}", missed.len());
}

#[test]
fn nothing_is_found_in_what_is_clean() {
    let wrong: Vec<_> = clean::CLEAN
        .iter()
        .map(|(path, content)| (path, content, find(path, content)))
        .filter(|(_, _, found)| !found.is_empty())
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn encoded_logins_and_manifests_are_opened() {
    use ::base64::Engine as _;
    let mut values = Values::new(11);
    for _ in 0..20 {
        let (login, _) = values.fill("ann:@h");
        let login = ::base64::engine::general_purpose::STANDARD.encode(login);
        for (path, content) in [
            ("config.json", format!("{{\"auths\": {{\"registry.firma.de\": {{\"auth\": \"{login}\"}}}}}}")),
            (".npmrc", format!("//registry.firma.de/:_auth={login}\n")),
            ("a.sh", format!("curl -H 'Authorization: Basic {login}' https://firma.de")),
        ] {
            let found = find(path, &content);
            assert!(found.iter().any(|(_, at)| *at == login), "{content}: {found:?}");
        }
        let (password, _) = values.fill("@h");
        let password = ::base64::engine::general_purpose::STANDARD.encode(password);
        let content = format!(
            "apiVersion: v1\nkind: Secret\ntype: Opaque\ndata:\n  user: YXBw\n  password: {password}\n---\nkind: Service\n"
        );
        assert_eq!(find("a.yaml", &content), [("kubernetes-secret", password)], "{content}");
    }
}
