"""Patterns of a value beside a name, where the name decides whether it is a secret. The columns: see secrets.py."""

from pai_dlc_mcp.server.budget.shape import Shape

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
_NAME = rf"((?:(?:api|access|secret|private|auth)[ ])?[a-z0-9_.\[\]-]*(?:{_STEM}|{_WEAK_STEM})[a-z0-9_.-]*)"
_ASSIGN = (
    rf"{_Q}\]?(?:[ \t]+is)?[ \t]{{0,8}}(?:=>|:=|\+=|==|[:=：])[ \t]*(?:(?:bearer|basic|token)[ \t]+)?"
    r"(?:[|>][-+]?\s+)?"
)
_WORD = r"[^\s\"'\\<>,;]"

NAMED: tuple[Shape, ...] = (
    Shape(
        "named pair",
        rf"(?i)(?:[\"']?(?:name|key)\\*[\"']?[ \t]*[:=][ \t]*{_Q}){_NAME}{_Q}[,;]?"
        rf"\s+{_Q}value{_Q}[ \t]*[:=][ \t]*{_VALUE}",
        '{{"name": "DB_PASSWORD", "value": "«{9}»"}}',
        '{{"name": "MAX_TOKENS", "value": "4096"}}',
        proof="the name",
    ),
    Shape(
        "block",
        rf"(?i)[\"']{_NAME}[\"'][ \t]*\{{[^}}\n]{{0,80}}=[ \t]*{_VALUE}",
        'variable "secret_key" {{ default = "«{40}»" }}',
        'variable "max_tokens" {{ default = "40" }}',
        proof="the name",
    ),
    Shape(
        "xml entry",
        rf"(?i)[\"']{_NAME}[\"'][ \t]*>([^<\n]+)",
        '<entry key="db.password">«{12}»</entry>',
        '<entry key="max.tokens">4096</entry>',
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
        rf"(?i)\b(?:setx|setenv|env|set[ \t]+-[a-z]+|config(?:ure)?[ \t]+set)[ \t]+"
        rf"(?:[^\s=]*[:/])?{_NAME}[ \t]+{_VALUE}",
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
    Shape(
        "said",
        rf"(?i){_NAME}(?:[ \t]+(?:(?:is|was|->|=)[ \t]+)?|[：为是])[\"'`]?([^\s\"'`]{{8,}})",
        "the api key was «{32}»",
        "password authentication2 failed for token Qwen2Tokenizer",
        proof="said",
    ),
)
