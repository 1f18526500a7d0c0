"""DynamoDB: the state table with its ledgers, detect's journal and notify's desk.

    pk                sk                          what
    ledger            <shard>                     where tally cut the shard's batches
    detect            delta#<version>             one step of detect, and the head in brief
    detect            piece#<version>#<number>    detect's whole state, every so many steps
    detect            state#<version>             that all its pieces are there, and their format
    notify            desk                        what notify remembers
    incident#<month>  <id>                        the record of a trouble that began in that month
    <channel>         <thread>                    what slack, pagerduty or webhook was told
    marker            <second>#<hash>             what was changed then

Every write is conditional on the version that was read, so that of two writers one is told; but
for snapshots, which repeat what the deltas of their version say, for what a channel was told, which is
only added to, and for markers, whose key is what they say.
"""
