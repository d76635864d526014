"""What attackers write, by what they attack. The files are only ever added to; `SEALS` see to it."""
