"""Classifies ordinary lines by their words: measuring a step, counting steps, setting up, shutting down."""

import re

_READ = 1000  # bytes of a line

# Words of a measured step: nothing else says them
_MEASURES = re.compile(
    rb"(?i)\bloss(?:es)?\b|_loss\b|\bgrad_?norm|grad norm|(?:it|iter|iters|step|steps|sample|samples|seq|img|imgs"
    rb"|images?|tokens?|tok|examples?|batch|batches|B)/s(?:ec)?\b"
    rb"|\bs/(?:it|step|iter|batch)\b|\bms/(?:step|iter|batch)|learning[_ ]rate|\blr[ =:]|throughput|\bmfu\b|tflops"
    rb"|perplexity|\bppl\b|\breward|\bEpoch \d+[ /:\[]|\bETA\b|\beta:"
    rb"|\d%\||\d+%[ |\[(]*[#=>\xe2]{2}|(?:train|valid|eval|test)-\w+:|\b(?:acc|accuracy|auc|rmse|logloss|kl"
    rb"|entropy)\b ?[=:]|samples per second"
    rb"|\xe6\x8d\x9f\xe5\xa4\xb1|\xe5\xad\xa6\xe4\xb9\xa0\xe7\x8e\x87"  # loss, learning rate
)
_STEPS = re.compile(
    rb"(?i)\b(?:global[_ ]?)?(?:steps?|iter(?:ation)?s?|epochs?|batch(?:es)?|round|update|progress|processed|trial"
    rb"|episode|rollout|consumed|eval|train(?:ing)?|acc|samples|tokens|frames?)\b"
    rb"|\d+ ?/ ?\d+|\xe6\xad\xa5|\xe8\xbd\xae|\xe8\xbf\xad\xe4\xbb\xa3"  # step, round, iteration
)
# Words of setting up, waiting and shutting down: such a line may come back with other numbers, it trains nothing
_OTHER = re.compile(
    rb"(?i)sigterm|\bsignal|watchdog|heart ?beat|keep-?alive|\babort|shut(?:ting)? ?down|terminat|\bkill|destroy"
    rb"|clean(?:ing)? ?up|\bretr(?:y|ies)|wait(?:ing|ed)?\b|tim(?:ed|e) ?-?out|\bexit|disconnect|reconnect"
    rb"|\bclos(?:e|ed|ing)\b"
    rb"|NCCL|\bping\b|util(?:ization)?\b|monitor|traceback|File \"|core dump|flush|upload|wandb|unregister|releas"
    rb"|tear(?:ing)? ?down|stopp(?:ed|ing)|frame #|worker_?group|\bpid\b|leaked|deregister|drain|dump|\bcomm 0x"
    rb"|Channel \d|died|lost|dead|fail|error"
)

# Of these the words of a program that starts: it goes on
_SETS_UP = re.compile(
    rb"(?i)NCCL INFO (?:Bootstrap|NET/|Using|Channel|Init|Ring|Tree|cudaDriver|ncclComm)"
    rb"|wandb: (?:Tracking|Run |Currently|Syncing|View)|^\+ |\bexport \w+=|\bconfig\w*:"
    rb"|\b(?:start|load|initiali[sz]|build|creat|import|pars|prepar|compil|read)(?:ing|ed)\b|\busing\b"
    rb"|\w{0,40}Warning: |\[WARNING\]|[ \[]WARN\b"
)
_STOPS = re.compile(
    rb"(?i)sigterm|shut(?:ting)? ?down|tear(?:ing)? ?down|clean(?:ing)? ?up|\babort|destroy|\bclos(?:e|ed|ing)\b"
    rb"|\bretr(?:y|ies|ying)|waiting|leaked|terminat|\bkill|\bexit|\bstopp|drain|flush|upload|resource_tracker"
)

_TEARDOWN = re.compile(
    rb"(?i)sigterm|watchdog|heart ?beat|keep-?alive|shut(?:ting)? ?down|clean(?:ing)? ?up|\bretr(?:y|ies|ying)"
    rb"|waiting|disconnect|reconnect|\bclosing\b|NCCL INFO|\bping\b|flush|upload|wandb|unregister|releas"
    rb"|tear(?:ing)? ?down"
    rb"|frame #|leaked|deregister|drain|core dump|\bcomm 0x|destroy|resource_tracker|semaphore|\bat exit\b|File \""
    rb"|^\s"
    rb"|^(?:PC: )?@ +0x"
)
# Words of a complaint, in a line without a known sign: only looked for where the job stopped
_COMPLAINT = re.compile(
    rb"(?i)\b(?:errors?|fail(?:ed|ure|s)?|denied|invalid|illegal|unable|can(?:no|')t|could ?n[o']t|not found"
    rb"|refused|exceed(?:s|ed)?|abort(?:ed|ing)?|fatal|lost|corrupt\w*|mismatch\w*|unexpected|missing|unsupported"
    rb"|unknown|undefined|violat\w+|giving up|gave up|degenerate|disagree\w*|cannot|reject(?:ed)?"
    rb"|insufficient|overflow\w*|crash\w*|panic|stuck|hang|hung|die[ds]?|dead|killed|broken|expired|unavailable"
    rb"|unreachable|conflict\w*|must be|not allowed|not permitted)\b"
    rb"|\xe9\x94\x99\xe8\xaf\xaf|\xe5\xa4\xb1\xe8\xb4\xa5|\xe6\x97\xa0\xe6\xb3\x95|\xe5\xbc\x82\xe5\xb8\xb8"
    rb"|\xe6\x9c\xaa\xe6\x89\xbe\xe5\x88\xb0|\xe6\x8b\x92\xe7\xbb\x9d|\xe4\xb8\x8d\xe8\xb6\xb3"
    rb"|\xe8\xb6\x85\xe6\x97\xb6"
)

# Words of a program that ends by its own decision
_ENDS = re.compile(
    rb"(?i)\b(?:stop(?:ping|s)?|leav(?:ing|es)|quit(?:ting|s)?|exit(?:ing|s)?|halt(?:ing|ed|s)?|terminat(?:ing|es)"
    rb"|end(?:ing|ed|s)|giv(?:ing|es) up|gave up|used up|exhausted|ran out|limit reached|reached (?:the "
    rb"|its )?(?:limit|maximum)"
    rb"|no (?:free|more)|is empty)\b"
    rb"|\xe7\xbb\x88\xe6\xad\xa2|\xe5\x81\x9c\xe6\xad\xa2|\xe9\x80\x80\xe5\x87\xba"
    rb"|\xe4\xb8\x8d\xe4\xb8\x80\xe8\x87\xb4"
)

# An exception that says that something failed, not why
_ONLY_THAT = re.compile(
    rb"(?i)NCCL error in:|unhandled (?:system|cuda) error|without setting an exception|Bad StatusOr|\bOS Error$"
    rb"|(?:training|initialization|compilation|sync stream|launch kernel) failed|see (?:root cause|the error)s? above"
    rb"|see above for|for details|SIGTERMException|^SystemExit|^[\w.]*(?:error|exception):? ?$|\braised:\s*$"
    rb"|graph execution error:|refer to '[^']*message'|queue .{0,60}is closed and has insufficient|ops function error"
)


def says_only_that(words: bytes) -> bool:
    """Whether an exception only says that something failed: its cause is a line near it, if one says more."""
    return _ONLY_THAT.search(words, 0, _READ) is not None


def measures(line: bytes) -> bool:
    return _MEASURES.search(line, 0, _READ) is not None


def counts_steps(words: bytes) -> bool:
    return _STEPS.search(words, 0, _READ) is not None


def trains_nothing(words: bytes) -> bool:
    """A line of setting up, waiting or shutting down."""
    return _OTHER.search(words, 0, _READ) is not None


def sets_up(words: bytes) -> bool:
    """A line of starting, and none of shutting down."""
    return _SETS_UP.search(words, 0, _READ) is not None and _STOPS.search(words, 0, _READ) is None


def tears_down(words: bytes) -> bool:
    """A line of waiting or shutting down."""
    return _TEARDOWN.search(words, 0, _READ) is not None


def complains(words: bytes) -> bool:
    return _COMPLAINT.search(words, 0, _READ) is not None


def ends(words: bytes) -> bool:
    """A line of a program that ends by its own decision."""
    return _ENDS.search(words, 0, _READ) is not None
