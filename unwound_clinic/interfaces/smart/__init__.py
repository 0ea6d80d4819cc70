"""SMART App Launch 2.2 as a client: the clinic opened out of a hospital's record, for one patient in one tab.

`launches` keeps what each launch is, `login` asks the hospital's server for leave (PKCE), `reading` fetches the record,
`sending` writes the summary back. Nothing of the patient is stored here.
"""
