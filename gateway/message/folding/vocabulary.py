"""The folded words that disguises are tried on: words of money and payments, and the small words between them.

They only decide which letter a digit stands for, and where a run of single letters is divided. Nothing is found or
judged by them, and rules alone put right a word that isn't here.
"""

from __future__ import annotations

from typing import Final

from gateway.message.folding.common_words import COMMON

_SMALL = """
a about above account accounts accountant accounting ach action address advise advised after again agreed all already
also always am amend amended amendment amount an and any anymore anything apologies apply are as asap ask at attached
attachment audit auditing authorised authorized bacs balance bank banker bankers banking banks be because been before
below beneficiary best billing bill bills bitcoin both branch btc building business but by call cancel cancelled card
cards cash change changed changes changing charge check cheque cheques claim clearing client clients close closed code
codes colleague coming company complete confirm confirmation confirmed contact contract contractor copy corporate
correct could credit crypto currency current currently customer customers data date dear debit delay department
deposit deposited detail details different direct director discontinue discontinued do document documents does done
dormant draft due effect effective electronic email employee enclosed ensure ethereum every existing favour figure
file final finance financial find firm firms first following for former forthwith forward from frozen fund funds future
further
get give going good had has have hello help her here hi his hold holder how iban if immediate immediately important in
inform information informed instruct instruction instructions instead institution international into invoice invoices
invoicing is issue issued it its joint just keep kind kindly know last later ledger let letter link longer made mail
make manager master may me message method mistake money month monthly more moved moving must my name need needed never
new newly next no not note notice notify now number numbers of office old on once one only open opened order orders
other our ours out outstanding overdue paid pay payable payee payees paying payment payments payroll pension people
please policy portal prefer previous previously prior problem proceed process processed profile provide provided
purchase quickly receipt receive received recent record records re redirect refund regarding regards release remain
remit remittance remittances rent replace replaced replacement reply request requested required restricted return
revised right routing same salary secure security see send sender sent settle settled settlement share she should
signed since so soon sort statement still stop stopped subject supplier suppliers supply suspended swift switch
switched system tax team telephone tell than thank thanks that the their them then there these they this those through
time to today tomorrow transaction transfer transferred transfers trust under until unusable up update updated updates
updating urgent urgently us usdt use used using valid vat vendor vendors verify via wages wallet want was way we week
well were what when which who why will wire wired wires with within without work works would yes yesterday you your
yours
"""
_DAYS = """
january february march april may june july august september october november december monday tuesday wednesday thursday
friday saturday sunday morning afternoon weekend fortnight agreement landlord lender partner receivable receivables
primary normally hosting lease letting solicitor completion conveyance tenant tenancy donation donations subscription
"""
_OTHERS = """
aktualisiert aktualisieren andern anderung anstehende bank bankdaten bankkonto bankverbindung begleichen betrag bitte
das den der die ein eine ermachtigung fur gehalt geandert geldinstitut haben hat iban ihre ihren ist kontonummer konto
lohn mehr mit nehmen neu neue neuen neues nicht oder rechnung rechnungen sich sie sind uber uberweisen uberweisung und
unser unsere unseren unserer verwenden von werden wir wurde zahlung zahlungen zahlungsempfanger zukunftig ab sofort
auf ancien ancienne avons banque bancaire bancaires banques change changement changer compte comptes coordonnees de
des du en est et facture factures les le la modification modifie modifiees ne nos notre nouveau nouveaux nouvel
nouvelle nouvelles paiement paiements pas plus pour prelevement reglement rib salaire sur utiliser veuillez vers
versement virement virements votre vos actualizar actualice antigua banco bancaria bancarias bancario bancarios
cambiado cambiar cambio cambios con cuenta cuentas datos del domiciliacion el factura facturas ha han hemos las los
nomina nuestra nuestro nuestros nueva nuevas nuevo nuevos numero pago pagos para por que realizar ruego rogamos se
siguiente su transferencia transferencias transferir una aggiornare aggiornato bonifico bonifici cambiato cambiate
conto coordinate corrente dati della fattura fatture il modifica modificato nostra nostre nostri nostro nuova nuove
nuovi nuovo pagamenti pagamento stipendio sono vecchio vostro aanpassen aanpassing bankgegevens bankrekening betaal
betaling betalingen betalen een factuur facturen gewijzigd het hebben is nieuw nieuwe niet onze op oude overboeking
overmaken rekening rekeningnummer salaris uw van voortaan wij wijziging zijn bankowe bankowego bankowy bankowych dane
danych faktur faktura faktury na nasz nasze naszego nowe nowego nowy numer oraz platnosc platnosci przelew przelewu
przelewy prosimy rachunek rachunku rachunkow stary ulegl ulegly wynagrodzenie zmiana zmianie zmienil zmieniony
zmienilismy konta kont
"""

_OWN: Final = frozenset((_SMALL + _DAYS + _OTHERS).split())
_STEMS: Final = _OWN | frozenset(COMMON.split())
WORDS: Final = _STEMS | {f"{word}s" for word in _STEMS if len(word) > 2 and not word.endswith("s")}

#: Words of which typing errors and look-alikes in Latin letters are recognised: long enough that no other word is
#: meant.
KEYS: Final = frozenset(word for word in _OWN if len(word) >= 6) | {"iban", "swift", "wires", "payee"}
