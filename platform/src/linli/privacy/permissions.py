"""The names of the permissions that this domain asks for."""

#: See requests, holds, periods, purges and assessments; numbers stay masked.
READ = "core.privacy.read"
#: Decide requests, make copies at the counter, record consents given on paper.
HANDLE = "core.privacy.handle"
#: Choose periods, set and lift holds, write purposes of consent and assessments.
MANAGE = "core.privacy.manage"
#: A resident's own data and requests.
OWN = "core.home.read"
