# SPDX-License-Identifier: Apache-2.0
"""The laboratory: private servers on loopback, for the tests and the try-out.

One module per part: `postfix`, `remote` (the servers of other people), `nsd`, `holdback`, `mail`
(writing and sending messages), `milter_client` (the milter protocol without an MTA), `wait`.
`bench` puts them together.
"""
