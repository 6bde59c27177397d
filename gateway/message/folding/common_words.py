"""The words that most English mail is made of.

Written by tools/common_words.py; not to be edited.
"""

from __future__ import annotations

from typing import Final

COMMON: Final = """
ability able about above accept access according account accounts across act action actual actually add added adding
addition additional address addresses adds advanced advantage after again against age ago agree ahead air alarms all
allow allowed allowing allows almost alone along already also alternative although always am among amount an analysis
and announced another answer any anymore anyone anything anyway anywhere app apparently appear appeared appears
application applications apply approach appropriate apps apt archive are area areas aren argument around array art
article articles as ask asked asking associated assume at attached attack attacks attempt attention audio author
automatically available average avoid award away back background backup bad balance bar base based basic basically
basis batch be became because become becoming been before begin beginning behavior behind being believe believer
believes below benefit best beta better between beyond big bigger biggest billion binary bit bits black block board
body book books boot both bottom bought box boxes break bring broken brought browser buffer bug bugs build building
built bunch business businesses but button buy buying by cable cache calendars call called calls came camera cameras
can cannot capable car card cards care careful carry case cases catalog catalogs catch caught cause caused cell center
certain certainly challenge chance change changed changes changing character characters charge cheap check checked
checking cheers chief children chip choice choose city claim claims class classic clean clear clearly click client
clients clock close code collection color column combinations come comes coming command commands comment comments
commercial common communications community companies company compared comparisons competition compiled complete
completely computer computers computing concept concern concerned concerns conference config configuration configure
connect connection connections consider considered considering consumer contact contacts contain contains content
contents context continue continues control cool copies copy copyright core corporate correct correctly cost costs
could couldn count countless countries country couple course court cover coverage covered create created creating
creative credit credulity critical current currently custom customer customers customizable cut daily damn dangerous
data database date day days dead deal death debate decide decided decision deep default definitely delete deliver
delivered delivery demand depending described design designed desktop despite details developed developers developing
development device devices dialog did didn died difference different difficult digital direct directly director
directory discovered discussion disk display distributed distribution do document documentation documents does doesn
doing dollars domain done dont doubt down download downloads draw drive driver drivers drives drop drunken due during
each earlier early easier easily easy eat economic economy edit editor effect effective effects effort efforts either
else elsewhere email empty enable end engine enjoy enough ensure enter entire entirely entry environment error errors
especially established even event events eventually ever every everybody everyone everything evidence exactly example
excellent except executive exist existing exists expect expected expensive experience expert experts explain external
extra extremely face fact fail failed fails fair fairly fall false family far fast faster fastest favorite feature
features feedback feel feet fell felt few field figure file filed files filling filter final finally financial find
finding fine firm first fit five fix fixed focus folder folders folks follow following for force forget fork form
format formats former forms forward forwarded found four free friend friends from front full fully fun function
functional functionality funny further future gain game games gave geek general generally generate generated
generation get gets getting give given gives giving global go goal goes going gone good got gotten government graphics
great greater ground group groups growing guess guy guys had half ham hand handle hands handy happen happened happens
happier happiness happy hard hardware has hasn hate have haven having he head header headers hear heard heaven held
hell help helped helps her here high higher highlight highly him his history hit hits hold home hope host hosted hot
hour hours house how however huge human hundreds idea ideas identify if ignore image images imagine immediately impact
implementation implemented import important improve in include included includes including increase incredibly indeed
individual individuals industry info information infrastructure initial input inside install installation installed
installing instance instead instructions intended interest interested interesting interface internal internet
interview into introduced involved is isn issue issues it items its itself job jobs join just keep keeping kept kernel
key keyboard keys kids kill killed kind knew know knowledge known knows lack language laptop large larger largest last
late later latest latter launch law laws lead leading learn least leave leaving led left legal less let lets level
life light like likely limited line lines link links list listed lists little live lives living load local location
log long longer look looked looking looks lose loss lost lot lots love low lower machine machines made mail mailing
main maintain major majority make makes making man manage managed management manager many market marketing mass match
material matter may maybe me mean meaning means meant meatspace media meet member members memory men mention mentioned
menu menus merely message messages met meta method methods middle might military million millions mind mine minutes
miss missed missing mobile mode model models modem modern modified modify module modules moment money monitor month
months more morning most mostly mouse move moved moves movie moving much multiple music must my myself name named
names national natural nature near nearly necessarily necessary need needed needs negative neither network networking
networks never new news newsletter newsletters next nice night no nobody none nor normal not note notes nothing notice
noticed now nowhere number numbers object obvious obviously of off offer offered offers office official often old
older on once one ones online only onto open operating opinion opportunities opportunity option options or order
organization organizing original other others otherwise our out output outside over own owners package packages page
pages paid pain panels paper part particular particularly parts party pass password past patch path pay paying people
per percent perfect perfectly performance perhaps period permission person personal phone phones pick picked picks
picture piece place places plain plan planning plans platform play player players playing please plenty plus point
points police policy political politics poor popular population port portal position positive possibility possible
possibly post posted posting potential potentially power powerful practice prefer preferences present president press
pretty prevent previous previously price prices principles print privacy private probably problem problems process
processes processing procmail produce product production products professional program programming programs project
projects properly property protect protection provide provided provider provides providing public published publishing
pudge purpose put puts putting quality question questions quick quickly quite quote quotes ran random range rate rates
rather razor reach read reader reading ready real reality really reason reasonable reasons receive received receiving
recent recently record reduce refer reference regards register registered regular related relatively release released
releases relevant remain remains remember remote remove removed rename replace reply report reported reporting reports
repository request requests require required requires research reserved resources respect response rest result results
return returned review reviews right rights risk road role room root round rule rules run running runs safe said sales
same save saving saw say saying says scale scheme school science score screen script scripts scroll search second
seconds section secure security see seeing seem seemed seems seen select selected selection sell selling send sending
sense sent separate sequence sequences serial series serious seriously server servers service services set sets
setting setup several sex share shared sharing shaw she short shot should shouldn show showing shows sid side sidebar
sign signed significant similar simple simply since single site sites situation six size skeptic slightly slow small
smart snap so sober social society software sold solution solutions some somebody someone something sometimes
somewhere soon sorry sort sorts sound sounds source sources space spam spamassassin spammers speak speaking spec
special specific specifically speech speed spend spent sponsored stand standard standards start started starting
starts state statement statistics status stay step still stock stop storage store stories story straight strange
streaming street string strong stuck study stuff stunning stupid style subject subscribed subscription success
successful such suggest suggestions summer supplied support supported supports suppose supposed sure suspect switch
sync system systems table tag take taken takes taking talk talking target task tasks team tech technical technologies
technology tell telling tells tend term terms test testing tests text than thanks that the their them themselves then
theory there these they thing things think thinking thinks third this those though thought thousands thread three
through throughout throw thus time times tips to today together told tomorrow too took tool tools top total totally
touch toward track trade traffic training trees trial trick tried trouble true truly trust truth try trying turn
turned turns twice two type types typing ultimate under understand understanding unique unit unless unseen unsubscribe
until up update updated updates upgrade upon us use used useful user users uses using usual usually utility valid
value values variety various vast vendor vendors version versions very via video view virtual visit visual voice
volume wait waiting walk want wanted wants war was wasn watch watching water way ways we web website week weekend
weeks well went were what whatever when where whether which while who whole whose why wide wife will willing win
window windows wink winning wireless wish with within without woman women won wonder wondering word words work worked
working works world worry worse worst worth would wouldn write writes writing written wrong wrote year years yes
yesterday yet you young your yourself
"""
