"""Patterns of tokens known by their first characters. The columns: see secrets.py."""

from pai_dlc_mcp.server.budget.shape import Shape


def _prefixed(name: str, prefix: str, rest: str, goes: str, stays: str) -> Shape:
    """A token that its first characters give away."""
    return Shape(name, rf"(?:^|[^0-9A-Za-z_])({prefix}{rest})", goes, stays, "a digit")


TOKENS: tuple[Shape, ...] = (
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
        "dp\\.[a-z]{2}\\.(?:[a-z_-]+\\.)?|pscale_[a-z]+_|sbp_|sl\\.|tfe\\.|rnd_|pat-[a-z]{2}\\d-|EAA|sq0(?:atp|csp)-|AGE-SECRET-KEY-1|CFPAT-|"
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
)
