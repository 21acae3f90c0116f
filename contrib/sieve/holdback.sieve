# Sorts bounces by what Holdback understood of them. X-Holdback-Code stands once in a message, with
# its gravest code; holdback-codes(5) lists them.
require ["fileinto", "mailbox", "imap4flags"];

# Nobody there, or no such domain: the address can go from the list.
if header :matches "X-Holdback-Code" "2*" {
    fileinto :create "Bounces/Permanent";
    stop;
}

# Full, disabled, try later: keep, and look again.
if header :matches "X-Holdback-Code" "3*" {
    fileinto :create "Bounces/Temporary";
    stop;
}

# Somebody did not want this message: blocklists, content, policy. For the administrator.
if header :matches "X-Holdback-Code" ["1*", "6*"] {
    addflag "\\Flagged";
    fileinto :create "Bounces/Rejected";
    stop;
}

# Servers that could not be reached.
if header :matches "X-Holdback-Code" "4*" {
    fileinto :create "Bounces/Connection";
    stop;
}

# Complaints and people who leave.
if header :is "X-Holdback-Code" ["5002", "5003"] {
    fileinto :create "Bounces/Complaints";
    stop;
}

# Answers by machine, delays, receipts.
if header :matches "X-Holdback-Code" "5*" {
    addflag "\\Seen";
    fileinto :create "Bounces/Notices";
    stop;
}
