"""The shapes of secrets, as data: a pattern (RE2; its last group is what goes), an example that goes and one that stays.

In an example `{20}` is that many letters and digits, `{x40}` hex digits, `{U16}` capitals and digits, `{d9}` digits, and
what must go stands in «»: nothing here looks like a live key to a scanner.
"""

import re
from typing import Literal, NamedTuple

Proof = Literal["the place", "the name", "a digit", "chance"]
"""What shows that the last group is a secret: where it stands; the name beside it, the first group, which
secret_names.py judges with the value; a digit in it, which a file or a package that only begins alike has not; or that it was
made by chance (randomness.py)."""


class Shape(NamedTuple):
    name: str
    pattern: str
    goes: str
    stays: str
    proof: Proof = "the place"


_Q = r"\\*[\"']?"
_VALUE = (
    r"((?:\\+\"(?:[^\"\\\n]|\\[^\"\n])*|\\+'[^'\n]*|\"(?:[^\"\\\n]|\\[^\n])*|'(?:[^'\\\n]|\\[^\n])*"
    r"|[^\s\"'\\][^\s\"]*))"
)
_STEM = (
    r"(?:passw|passphrase|passcode|pwd|secret|credential|cookie|jwt|apikey|密码|口令|密钥|令牌|(?:\b|_)(?:pass|pin|pw)"
    r"|[a-z]pass)"
)
_WEAK_STEM = r"(?:token|signature|[a-z0-9_.-]key|(?:\b|_)(?:key|auth|ak|sk))"
_NO_NUMBER = r"((?:\\*[\"'])?[0-9.,:/%+-]*[^\s\"'\\0-9.,:/%+|-][^\s\"']*)"  # beside such a name most values are counts
_NAME = rf"([a-z0-9_.\[\]-]*(?:{_STEM}|{_WEAK_STEM})[a-z0-9_.-]*)"
_ASSIGN = (
    rf"{_Q}\]?(?:[ \t]+is)?[ \t]{{0,8}}(?:=>|:=|\+=|==|[:=：])[ \t]*(?:(?:bearer|basic|token)[ \t]+)?"
    r"(?:[|>][-+]?\s+)?"
)
_SIGNED = (
    r"(?:signature|x-(?:amz|oss|goog|tos|obs|cos)-(?:signature|credential|security-token)|security-?token"
    r"|ossaccesskeyid|awsaccesskeyid|googleaccessid|accesskeyid|access_token|x-bce-[a-z-]+|auth_?key|q-signature|sig)"
)
_WORD = r"[^\s\"'\\<>,;]"


def _prefixed(name: str, prefix: str, rest: str, goes: str, stays: str) -> Shape:
    """A token that its first characters give away."""
    return Shape(name, rf"(?:^|[^0-9A-Za-z_])({prefix}{rest})", goes, stays, "a digit")


# The first that matches at the leftmost place wins.
SHAPES: tuple[Shape, ...] = (
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
        r"\s(?:-u|-U|--user|--proxy-user|-a|--auth|--(?:src-|dest-)?creds)(?:[ \t]+|=)?[\"']?([^\s\"':,%]{1,80}[:,%][^\s\"']+)",
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
        r"(?i)(?:\b(?:twine|snowsql|mongo\w*|sshpass|zip|unzip|sqlcmd|ldapsearch|kinit)\b[^\n|;]{0,200}?\s-[pw]"
        r"|\blogin\b[^\n|;]{0,200}?\s-p|\bredis-cli\b[^\n|;]{0,200}?\s-a|\bossutil\w*\b[^\n|;]{0,200}?\s-k"
        r"|\bkeytool\b[^\n|;]{0,200}?\s-(?:store|key)pass)[ \t]*[\"']?([^\s\"'-][^\s\"']{5,})",
        "docker login -u ci -p «{12}» r.example.com",
        "docker run -p 8080:80 img; docker login -p $PASSWORD",
    ),
    Shape(
        "login argument",
        r"(?i)\b(?:wandb[ .]+login|vault[ .]+login|modelscope[ .]+login|huggingface-cli[ .]+login|swanlab[ .]+login"
        r"|docker[ .]+login|npm[ .]+login|\w*[.]login)(?:\((?:key=|token=|api_key=)?|[ \t]+(?:--?[a-z-]+[ =])*)[\"']?([0-9a-z._-]{20,})",
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
        r"(?i)\becho[ \t]+(?:-n[ \t]+)?[\"']?([^\s\"'$|]{6,})[\"']?[ \t]*\|[ \t]*(?:docker|podman|helm|sudo|gh|kinit|chpasswd|passwd|cryptsetup)\b",
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
    _prefixed("alibaba key", "LTAI", "[0-9A-Za-z]{12,}", "using «LTAI{20}» for oss", "LTAIL is short"),
    _prefixed(
        "alibaba sts",
        r"(?:(?:STS|TMP)\.[0-9A-Za-z_+/=-]{16,}",
        "|CAIS[0-9A-Za-z+/=_-]{40,})",
        "sts «STS.{24}»",
        "STS.AssumeRole",
    ),
    _prefixed("tencent", "AKID", "[0-9A-Za-z]{28,}", "id «AKID{32}»", "AKIDE"),
    _prefixed("volcengine", "AK(?:LT|TP)", "[0-9A-Za-z_-]{30,}={0,2}", "ak «AKLT{43}»", "AKLT only"),
    _prefixed("baidu", "(?:bce-v3/)?ALTAK", "[-0-9A-Za-z/]{18,}", "key «bce-v3/ALTAK-{21}/{x40}»", "ALTAK"),
    _prefixed("aws", "(?:AKIA|ASIA|ABIA|ACCA)", "[0-9A-Z]{16}", "id «AKIA{U16}»", "ASIAN MARKET"),
    _prefixed("github", "(?:gh[pousr]_|github_pat_)", "[0-9A-Za-z_]{16,}", "«ghp_{36}» pushed", "ghp_x"),
    _prefixed(
        "gitlab",
        "(?:gl(?:pat|dt|rt|cbt|ptt|ft|soat|imt|agent|wt|oas|ffct)-|GR1348941)",
        "[0-9A-Za-z_.-]{16,}",
        "«glpat-{20}»",
        "glob-pattern-of-the-files",
    ),
    _prefixed("npm", "npm_", "[0-9A-Za-z]{30,}", "«npm_{36}»", "npm_config_registry"),
    _prefixed("hugging face", "(?:hf_|api_org_)", "[0-9A-Za-z]{16,}", "login «hf_{34}»", "hf_transfer"),
    _prefixed(
        "modelscope", "ms-", "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", "«ms-{x8}-{x4}-{x4}-{x4}-{x12}»", "ms-swift"
    ),
    _prefixed("sk", "sk-", "[0-9A-Za-z_-]{16,}", "key «sk-proj-{40}»", "risk-free-aaaaaaaaaaaaaaaaaa"),
    _prefixed(
        "ai vendors",
        "(?:gsk|r8|tgp_v1|pcsk|nvapi|xai|pplx|fw|csk|jina|voy|lsv2_(?:pt|sk))[_-]",
        "[0-9A-Za-z_-]{24,}",
        "«gsk_{50}»",
        "fw_bw",
    ),
    _prefixed(
        "google",
        "(?:AIza[0-9A-Za-z_-]{30,}|GOCSPX-[0-9A-Za-z_-]{20,}|ya29\\.",
        "[0-9A-Za-z_-]{20,})",
        "«AIza{35}»",
        "ya29.txt",
    ),
    _prefixed("slack", "(?:xox[a-z]|xapp)-", "[0-9A-Za-z-]{8,}", "hook «xoxb-{24}»", "xox"),
    _prefixed("pypi, rubygems", "(?:pypi-AgE|rubygems_)", "[0-9A-Za-z_-]{40,}", "«pypi-AgE{80}»", "pypi-AgE"),
    _prefixed("stripe", "(?:(?:sk|rk)_(?:live|test)_|whsec_)", "[0-9A-Za-z]{16,}", "«sk_live_{24}»", "sk_live"),
    _prefixed("sendgrid", "SG\\.", "[0-9A-Za-z_-]{16,}\\.[0-9A-Za-z_-]{16,}", "«SG.{22}.{43}»", "SG.layer"),
    _prefixed("databricks", "dapi", "[0-9a-f]{32}(?:-\\d)?", "«dapi{x32}»", "dapi_version=3"),
    _prefixed("vault", "hv[sbr]\\.", "[0-9A-Za-z_-]{20,}", "«hvs.{24}»", "hvs.py"),
    _prefixed(
        "clouds and services",
        "(?:do[opr]_v1_|shp(?:at|ss|pa|ca)_|dckr_(?:pat|oat)_|gl(?:sa|c)_|ntn_|lin_api_|figd_|PMAK-|NRAK-|sntry[su]_|ATATT3|"
        "dp\\.[a-z]{2}\\.|pscale_[a-z]+_|sbp_|sl\\.|tfe\\.|rnd_|pat-[a-z]{2}\\d-|EAA|sq0(?:atp|csp)-|AGE-SECRET-KEY-1|CFPAT-|"
        "AKCp|oy2|wandb_v1_|confirm-|fo1_|fm2_|LSEC-|apify_api_|hal_)",
        "[0-9A-Za-z_+/=-]{24,}",
        "«dckr_pat_{27}»",
        "key-value-store-of-the-training-job is up",
    ),
    Shape(
        "crypt",
        r"(\$(?:1|2[aby]|5|6|y|apr1|argon2id?)\$[0-9A-Za-z./,=$+-]{20,})",
        "root:«$6${12}${60}»:19000",
        "cost $5 and $6",
    ),
    Shape(
        "named pair",
        rf"(?i)(?:[\"']?(?:name|key)\\*[\"']?[ \t]*[:=][ \t]*{_Q}){_NAME}{_Q}[,;]?\s+{_Q}value{_Q}[ \t]*[:=][ \t]*{_VALUE}",
        '{{"name": "DB_PASSWORD", "value": "«{9}»"}}',
        '{{"name": "MAX_TOKENS", "value": "4096"}}',
        proof="the name",
    ),
    Shape(
        "tuple",
        rf"(?i)[\"']{_NAME}\\*[\"'][ \t]*,[ \t]*(?:{_Q}value{_Q}[ \t]*[:=][ \t]*)?{_VALUE}",
        "('DB_PASSWORD', '«{9}»')",
        "('pad_token', '<pad>')",
        proof="the name",
    ),
    Shape(
        "set",
        rf"(?i)\b(?:setx|setenv|env|set[ \t]+-[a-z]+|config(?:ure)?[ \t]+set)[ \t]+(?:[^\s=]*[:/])?{_NAME}[ \t]+{_VALUE}",
        "ENV API_TOKEN «{14}»",
        "env TOKENIZERS_PARALLELISM false",
        proof="the name",
    ),
    Shape(
        "flag",
        rf"(?i)(?:^|[\s\"'])--?{_NAME}(?:[ \t]+|=|{_Q},[ \t]*){_VALUE}",
        "python t.py --hf-token «{20}» --lr 1",
        "python t.py --pad-token eos --max-tokens 512",
        proof="the name",
    ),
    Shape(
        "assignment",
        rf"(?i)([a-z0-9_.\[\]-]*{_STEM}[a-z0-9_.-]*){_ASSIGN}{_VALUE}",
        "db_password = «{9}»",
        "pad_token='<pad>' invalid token: expected sort(key=len)",
        proof="the name",
    ),
    Shape(
        "weak assignment",
        rf"(?i)([a-z0-9_.\[\]-]*{_WEAK_STEM}[a-z0-9_.-]*){_ASSIGN}{_NO_NUMBER}",
        "x_token = «{20}»",
        "pad_token='<pad>' token: 2.31 tokens/s key=lambda x: x",
        proof="the name",
    ),
    Shape(
        "next line",
        rf"(?i){_NAME}{_Q}[ \t]*[:=：][ \t]*\n[ \t]*([^\s\"'\\]{{6,}})[ \t]*(?:\n|$)",
        "Password:\n  «x9!{9}»\n",
        "token:\n  expected",
        proof="the name",
    ),
)

_FILL = "kQ7vTz2NfR9wXb4MhJ8sLc6DpG3yZe5VaK1uWtB0qHnErFgSxUdCmPjAiYo"
_BLANK = re.compile(r"\{([xUd]?)(\d+)\}")
_ALPHABETS = {"": _FILL, "x": "3f8a0c5b9d2e7146", "U": "Q7ZK2NX9WB4MHJ8L", "d": "7391846205"}


def example(template: str) -> tuple[str, tuple[str, ...]]:
    """A template's text, and what of it must go."""

    def fill(blank: re.Match[str]) -> str:
        letters = _ALPHABETS[blank[1]]
        start = blank.start() % len(letters)
        return "".join(letters[(start + i * 7) % len(letters)] for i in range(int(blank[2])))

    marked = _BLANK.sub(fill, template).replace("{{", "{").replace("}}", "}")
    return re.sub("[«»]", "", marked), tuple(re.findall("«([^»]*)»", marked))
