"""Names, connections, certificates, downloads, registries, object storage."""

from pai_dlc_mcp.server.insight.kinds import ROOT, Kind

# asked before the signs of lost peers
HTTP = (
    Kind(
        "name resolution",
        ROOT,
        "network",
        r"[Tt]emporary failure in name resolution|Name or service not known|[Cc]ould not resolve host"
        r"|NameResolutionError"
        r"|No address associated with hostname|UnknownHostException|gaierror|dial tcp: lookup|no such host\b"
        r"|unable to resolve host|[Ff]ailed to resolve|[Hh]ost key verification failed",
        "curl: (6) Could not resolve host: mirrors.example.com",
        "resolved host worker-3 to 10.0.0.3",
    ),
    Kind(
        "TLS",
        ROOT,
        "network",
        r"SSLError|SSLCertVerificationError|CERTIFICATE_VERIFY_FAILED|SSL certificate problem|TLS handshake|x509: "
        r"|SSL_ERROR_SYSCALL|gnutls_handshake|PKIX path building failed",
        "ssl.SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed",
        "using TLS 1.3 for the store",
    ),
    Kind(
        "HTTP",
        ROOT,
        "network",
        r"HTTPS?ConnectionPool\(|Max retries exceeded|ReadTimeoutError|Connect(?:ion)?TimeoutError|ProxyError"
        r"|Failed to establish a new connection|requests\.exceptions\.(?:Connect\w*|ReadTimeout|ChunkedEncoding\w+)"
        r"|urllib\.error\.(?:URL|HTTP)Error|http\.client\.(?:IncompleteRead|RemoteDisconnected)"
        r"|aiohttp\.\w+\.Client\w+Error"
        r"|httpx\.\w*(?:Timeout|ConnectError|ReadError|ProtocolError)|httpcore\.\w+|curl: \(\d+\)"
        r"|fatal: unable to access|[Rr]emote end hung up|RPC failed; (?:curl|HTTP)|early EOF|Smudge error",
        "requests.exceptions.ConnectionError: HTTPSConnectionPool(host='a.example.com', port=1): Max retries exceeded",
        "HTTP/1.1 200 OK",
    ),
    Kind(
        "MaxCompute",
        ROOT,
        "configuration",
        r"\bODPS-\d{7}\b|\bErrorCode=\w+, ErrorMessage=",
        "FAILED: ODPS-0130131:[1,15] Table not found - table proj.clicks cannot be resolved",
        "odps://proj/tables/clicks opened",
    ),
    Kind(
        "model hub",
        ROOT,
        "network",
        r"LocalEntryNotFoundError|OfflineModeIsEnabled|[Cc]ouldn't connect to '?https?://|couldn't find (?:it"
        r"|them) in the cached"
        r"|outgoing traffic has been disabled|LocalTokenNotFoundError",
        "OSError: We couldn't connect to 'https://hub.example.com' to load this file",
        "connected to 'https://hub.example.com'",
    ),
    Kind(
        "access",
        ROOT,
        "configuration",
        r"RepositoryNotFoundError|RevisionNotFoundError|GatedRepoError|is not a valid model identifier"
        r"|[Aa]ccess to model \S+ is restricted"
        r"|\b(?:401|403|404) (?:Client Error|Unauthorized|Forbidden|Not Found)|HTTP (?:Error )?40[134]\b"
        r"|[Ii]nvalid (?:user ?name|API key|credentials|access key)"
        r"|InvalidAccessKeyId|SignatureDoesNotMatch|NoSuchBucket|NoSuchKey|SecurityTokenExpired|AccessDenied"
        r"|\bNoCredentials?Error|ExpiredToken"
        r"|api_key not configured|wandb\.errors\.\w*(?:Usage|Authentication)\w*|[Aa]uthentication (?:failed"
        r"|required)|fatal: repository "
        r"|^remote: .{0,120}(?:[Dd]enied|not found|[Ii]nvalid|[Ff]orbidden)",
        "oss2.exceptions.AccessDenied: {'status': 403, 'details': 'the bucket refuses this key'}",
        "access granted to bucket data",
    ),
    Kind(
        "server error",
        ROOT,
        "platform",
        r"\b50[0-4] (?:Server Error|Internal Server Error|Bad Gateway|Service Unavailable|Gateway Time-?out)"
        r"|ServiceUnavailable\b"
        r"|InternalServerError|node (?:is )?not ready|NodeNotReady|NodeLost",
        "requests.exceptions.HTTPError: 503 Server Error: Service Unavailable for url: https://hub.example.com/a",
        "served 503 batches",
    ),
    Kind(
        "image pull",
        ROOT,
        "image",
        r"ErrImagePull|ImagePullBackOff|manifest (?:unknown|for \S+ not found)|pull access denied"
        r"|Failed to pull image|InvalidImageName"
        r"|repository does not exist or may require|failed to resolve reference|unauthorized: authentication required",
        'Failed to pull image "registry.example.com/a:1": manifest unknown',
        'Successfully pulled image "registry.example.com/a:1"',
    ),
)

NETWORK = (
    Kind(
        "timed out",
        ROOT,
        "network",
        r"[Cc]onnection timed out|[Oo]peration timed out|No route to host|[Nn]etwork is unreachable"
        r"|connect timeout|i/o timeout|context deadline exceeded"
        r"|^(?:\w+\.)*(?:TimeoutError|socket\.timeout|ReadTimeout|ConnectTimeout)\b",
        "ssh: connect to host worker-1 port 22: Connection timed out",
        "timeout=600 retries=3",
    ),
)
