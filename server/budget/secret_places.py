"""Patterns of places where any value is a secret: flags, headers, URLs, calls, names. The columns: see secrets.py."""

from pai_dlc_mcp.server.budget.shape import Shape

_Q = r"\\*[\"']?"
_SIGNED = (
    r"(?:signature|x-(?:amz|oss|goog|tos|obs|cos)-(?:signature|credential|security-token)|security-?token"
    r"|ossaccesskeyid|awsaccesskeyid|googleaccessid|accesskeyid|access_token|x-bce-[a-z-]+|auth_?key|q-signature|sig)"
)

PLACES: tuple[Shape, ...] = (
    Shape(
        "authorization",
        rf"(?i)authorization{_Q}[ \t]{{0,8}}(?:=>|[:=])[ \t]*{_Q}([a-z0-9-]+ [^\"'\n]+|[^\"'\s]{{8,}})",
        "Authorization: «Basic {24}»",
        "authorization: enabled",
    ),
    Shape(
        "cookie",
        r"(?i)\b(?:set-)?cookie[\"']?[ \t]{0,8}[:=][ \t]*[\"']?([a-z0-9_.-]+=[^\n\"']{4,})",
        "Cookie: «sid={24}; theme=dark»",
        "cookie: accepted",
    ),
    Shape("cookie jar", r"(?i)-b[ \t]+[\"']?([a-z0-9_.-]+=[0-9a-z%._-]{16,})", "curl -b «sid={24}»", "tar -b size=16"),
    Shape(
        "url user",
        r"(?i)[a-z][a-z0-9+.-]{0,30}://(?:"
        r"([^\s@/:\"'<>]*:[^\s/\"'<>]*[^\s/\"'<>0-9][^\s/\"'<>]*/[^\s\"'<>]*)@(?:(?:[a-z0-9-]+\.)+[a-z]{2,}|[a-z0-9.-]+:\d)"
        r"|([^\s@/:\"'<>]*:[^\s/\"'<>]+|[^\s@/:\"'<>]{16,})@[a-z0-9\[({])",
        "redis://«ci:p@ss/{8}»@cache:6379/0",
        "https://registry.example.com:443/pai/pytorch@sha256:{x64}",
    ),
    Shape(
        "go dsn",
        r"([a-z0-9_.-]+:[^\s@\"']{4,})@(?:tcp|unix)\(",
        "open «root:Q{10}»@tcp(10.0.0.1:3306)/db",
        "listening at port@tcp(10.0.0.1)",
    ),
    Shape(
        "signed url",
        rf"(?i)(?:\b|%26){_SIGNED}(?:=|%3D)([^\s&\"'<>,]{{10,}})",
        "GET https://b/a?Expires=1&Signature=«{28}»",
        "sig=15 signature=ok",
    ),
    Shape(
        "chat webhook",
        r"(?i)(?:hooks\.slack\.com/(?:services|workflows|triggers)/|discord(?:app)?\.com/api/webhooks/\d+/"
        r"|open\.(?:feishu\.cn|larksuite\.com)/open-apis/bot/v2/hook/|webhook\.office\.com/webhookb2/"
        r"|qyapi\.weixin\.qq\.com/[^\s\"'?]{1,60}\?key=|oapi\.dingtalk\.com/[^\s\"'?]{1,60}\?access_token="
        r"|api\.day\.app/|sctapi\.ftqq\.com/)([^\s\"'<>&]+)",
        "POST https://open.feishu.cn/open-apis/bot/v2/hook/«{20}»",
        "see https://hooks.slack.com/services for more",
    ),
    Shape("telegram bot", r"(?:\b|bot)(\d{8,10}:AA[0-9A-Za-z_-]{32,})", "bot«{d9}:AA{33}»", "12345678:AA is the rank"),
    Shape(
        "netrc",
        r"(?i)\blogin\s+\S{0,80}[^\s,.:]\s+password\s+(\S+)",
        "machine h login ci password «{9}»",
        "login failed, password wrong",
    ),
    Shape("docker auth", r"(?i)\"auth\\*\"\s*:\s*\\*\"([a-z0-9+/=]{8,})", '"auth": "«{24}=»"', '"auth": "none"'),
    Shape("bearer", r"(?i)\bbearer[ \t]+([a-z0-9._~+/=-]{16,})", "sent Bearer «{32}»", "the bearer of this is Ann"),
    Shape("jwt", r"(eyJ[0-9A-Za-z_-]{14,}(?:\.[0-9A-Za-z_-]*){0,4})", "got «eyJ{20}.{30}.{20}»", "eyJ is a prefix"),
    Shape(
        "user and password flag",
        r"(?i)\b(?:curl|wget|http|lftp|skopeo|crane|smbclient|ldapsearch|git|svn|mc|ansible|aria2c)\b[^\n|;]{0,200}?"
        r"\s(?:-u|-U|--user|--proxy-user|-a|--auth|--(?:src-|dest-)?creds)(?:[ \t]+|=)?"
        r"[\"']?([^\s\"':,%]{1,80}[:,%][^\s\"']+)",
        "curl -s -u «ci:pa:{8}» https://h/a",
        "curl -u ci https://h/a",
    ),
    Shape(
        "password flag",
        r"(?i)\b(?:mysql\w*|mariadb\w*|mongo\w*|7z)\b[^\n|;]{0,200}?\s-p([^\s\"'=,0-9][^\s\"']{3,}|[0-9]+[^\s\"'0-9.:]\S*)",
        "mysql -h db -uroot -p«{9}» -e 'x'",
        "mysql -h db -P3306 -p -e 'x'",
    ),
    Shape(
        "password argument",
        r"(?i)(?:\b(?:twine|snowsql|mongo\w*|sshpass|zip|unzip|sqlcmd|ldapsearch|kinit|cqlsh|beeline)\b[^\n|;]{0,200}?\s-[pw]"
        r"|\blogin\b[^\n|;]{0,200}?\s-p|\bredis-cli\b[^\n|;]{0,200}?\s-a|\bossutil\w*\b[^\n|;]{0,200}?\s-k"
        r"|\bkeytool\b[^\n|;]{0,200}?\s-(?:store|key)pass)[ \t]*[\"']?([^\s\"'-][^\s\"']{5,})",
        "docker login -u ci -p «{12}» r.example.com",
        "docker run -p 8080:80 img; docker login -p $PASSWORD",
    ),
    Shape(
        "login argument",
        r"(?i)\b(?:wandb[ .]+login|vault[ .]+login|modelscope[ .]+login|huggingface-cli[ .]+login|swanlab[ .]+login"
        r"|docker[ .]+login|npm[ .]+login|\w*[.]login)"
        r"(?:\((?:key=|token=|api_key=)?|[ \t]+(?:--?[a-z-]+[ =])*)[\"']?([0-9a-z._-]{20,})",
        "wandb login «{x40}»",
        "wandb login succeeded",
    ),
    Shape(
        "python call",
        r"(?:\b(?:oss2\.|)(?:Auth|StsAuth|ProviderAuth|Credential|BasicAuth|HTTPBasicAuth|AccessKeyCredential|login)\(|"
        r"\blogin\()[ ]*(?:[a-z_]*=)?[\"'][^\"'\n]{1,80}[\"'],[ ]*(?:[a-z_]*=)?[\"']([^\"'\n]{6,})",
        "oss2.Auth('ak0', '«{30}»')",
        "Auth('a', 'b')",
    ),
    Shape(
        "piped password",
        r"(?i)\becho[ \t]+(?:-n[ \t]+)?[\"']?([^\s\"'$|]{6,})[\"']?[ \t]*\|[ \t]*"
        r"(?:docker|podman|helm|sudo|gh|kinit|chpasswd|passwd|cryptsetup)\b",
        "echo «{14}» | docker login --password-stdin",
        "echo $PASS | docker login --password-stdin",
    ),
    Shape(
        "short flag",
        r"\s-[a-zA-Z](?:[ \t]+|=)[\"']?([0-9A-Za-z+/_=-]{20,})",
        "ossutil cp a b -k «{30}»",
        "tar -f checkpoint-of-the-Last-Epoch-0001",
        "chance",
    ),
    Shape(
        "user flag",
        r"\s--(?:proxy-)?user(?:[ \t]+|=)[\"']?([^\s\"':]{1,80}:[^\s\"']*[^\s\"'0-9][^\s\"']*)",
        "etcdctl --user root:«{12}» get /",
        "docker run --user 1000:1000 img; chown --user app:app x",
        "a digit",
    ),
    Shape(
        "session",
        r"(?i)\b(?:[a-z]*sessid|jsessionid|sessionid|csrf_?token)\\*[\"']?[ \t]*[:=][ \t]*[\"']?([^\s\"';,&]{16,})",
        "PHPSESSID=«{26}»; path=/",
        "sessionid=interactive",
    ),
    Shape(
        "call argument",
        r"[0-9A-Za-z_]\([\"']([0-9A-Za-z_-]{32,})[\"']\)",
        'Client("«{40}»")',
        "load('the-checkpoint-of-the-last-epoch-of-training')",
        "chance",
    ),
    Shape(
        "jwk",
        r"\"[dpqk]\"\s*:\s*\"([0-9A-Za-z_-]{24,})\"",
        '"d":"«{43}»"',
        '"k":"the-key-value-store-of-this"',
        "chance",
    ),
    Shape("here string", r"<<<[ \t]*[\"']?([^\s\"'$]{6,})", "sudo -S <<< «{12}»", "cat <<< hello-there", "a digit"),
    Shape(
        "net use", r"(?i)\s/user:\S+[ \t]+([^\s/]\S{5,})", "net use x /user:u «{12}»", "net use x /user:u", "a digit"
    ),
    Shape(
        "minio alias",
        r"\bmc[ \t]+(?:alias|config[ \t]+host)[ \t]+(?:set|add)[ \t]+\S+[ \t]+\S+[ \t]+\S+[ \t]+[\"']?([^\s\"']{6,})",
        "mc alias set m http://m:9000 admin «{12}»",
        "mc alias list",
    ),
    Shape(
        "powershell",
        r"(?i)\bConvertTo-SecureString[ \t]+(?:-String[ \t]+)?[\"']?([^\s\"'$]{4,})",
        "ConvertTo-SecureString '«{9}»' -AsPlainText",
        "ConvertTo-SecureString $x",
    ),
    Shape("openssl pass", r"\bpass:([^\s\"']{4,})", "openssl enc -pass pass:«{9}»", "first pass: 3 of 5"),
    Shape(
        "azure key",
        r"(?i)\b(?:accountkey|sharedaccesskey|sharedaccesssignature)=([a-z0-9+/=%&._-]{24,})",
        "x;AccountKey=«{60}==»;y=1",
        "AccountKey=None",
    ),
    Shape(
        "kaggle",
        r"(?i)\"key\"\s*:\s*\"([0-9a-f]{32})\"",
        '{{"username":"a","key":"«{x32}»"}}',
        '{{"key":"layers.0"}}',
    ),
    Shape(
        "wandb",
        r"(?i)wandb\b[^\n]{0,60}\b(?:key|token|login)\b[^\n]{0,40}[^0-9a-z\n]([0-9a-f]{40})\b",
        "wandb: key «{x40}»",
        "wandb: commit {x40}",
    ),
    Shape(
        "xml",
        r"(?i)<(?:password|passwd|secret|token|api_?key|secret_?key|access_?key)>([^<\n]{4,})</",
        "<password>«{9}»</password>",
        "<token></token>",
    ),
)
