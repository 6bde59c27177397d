"""Kinds of files that others block, as they publish them, and why some of them are in no category of ours.

A test compares them with `config/attachments.yaml`. Data alone.
"""

from __future__ import annotations

from collections.abc import Mapping

#: support.google.com/mail/answer/6590, "File types blocked in Gmail".
GMAIL = frozenset(
    """
    ade adp apk appx appxbundle bat cab chm cmd com cpl diagcab diagcfg diagpkg dll dmg ex ex_ exe hta img ins
    iso isp jar jnlp js jse lib lnk mde mjs msc msi msix msixbundle msp mst nsh pif ps1 scr sct shb sys vb vbe
    vbs vhd vxd wsc wsf wsh xll
    """.split()  # noqa: SIM905 - as it is published
)

#: support.microsoft.com, "Blocked attachments in Outlook" (level 1).
OUTLOOK = frozenset(
    """
    ade adp apk app appcontent-ms application appref-ms appx asp aspx asx bas bat bgi cab cdxml cer chm cmd cnt
    com cpl crt csh der diagcab exe fxp gadget grp hlp hpj hta htc img inf ins iso isp its jar jnlp js jse ksh
    library-ms lnk mad maf mag mam maq mar mas mat mau mav maw mcf mda mdb mde mdt mdw mdz mht mhtml msc msh
    msh1 msh1xml msh2 msh2xml mshxml msi msp mst msu ops osd pcd pif pl plg prf prg printerexport ps1 ps1xml ps2
    ps2xml psc1 psc2 psd1 psdm1 pssc pst py pyc pyo pyw pyz pyzw reg scf scr sct search-ms settingcontent-ms shb
    shs theme tmp udl url vb vbe vbp vbs vhd vhdx vsmacros vsw webpnp website ws wsb wsc wsf wsh xbap xll xnk
    """.split()  # noqa: SIM905 - as it is published
)

#: Set-OwaMailboxPolicy, the default of BlockedFileTypes. "psdm1" is Microsoft's own spelling.
OUTLOOK_ON_THE_WEB = frozenset(
    """
    ade adp apk app appx appcontent-ms appref-ms asp aspx asx bas bat cdxml cer chm cmd cnt com cpl crt csh der
    diagcab exe fxp gadget grp hlp hpj hta htc inf ins isp its jar jnlp js jse ksh lnk mad maf mag mam maq mar
    mas mat mau mav maw mcf mda mdb mde mdt mdw mdz mht mhtml msc msh msh1 msh1xml msh2 msh2xml mshxml msi msp
    mst msu ops osd pcd pif pl plg prf prg printerexport ps1 ps1xml ps2 ps2xml psc1 psc2 psd1 psdm1 pssc pst py
    pyc pyo pyw pyz pyzw reg scf scr sct settingcontent-ms shb shs theme tmp udl url vb vbe vbp vbs vsmacros vsw
    webpnp website ws wsb wsc wsf wsh xbap xll xnk
    """.split()  # noqa: SIM905 - as it is published
)

#: CIS Microsoft 365 benchmark v6.0.1, 2.1.11: deliberately wide.
BENCHMARK = frozenset(
    """
    7z a3x ace ade adp ani app appinstaller applescript application appref-ms appx appxbundle arj asd asx bas
    bat bgi bz2 cab chm cmd com cpl crt cs csh daa dbf dcr deb desktopthemepackfile dex diagcab dif dir dll dmg
    doc docm dot dotm elf eml exe fxp gadget gz hlp hta htc htm html hwpx ics img inf ins iqy iso isp jar jnlp
    js jse kext ksh lha lib library-ms lnk lzh macho mam mda mdb mde mdt mdw mdz mht mhtml mof msc msi msix msp
    msrcincident mst ocx odt ops oxps pcd pif plg pot potm ppa ppam ppkg pps ppsm ppt pptm prf prg ps1 ps11
    ps11xml ps1xml ps2 ps2xml psc1 psc2 pub py pyc pyo pyw pyz pyzw rar reg rev rtf scf scpt scr sct
    searchconnector-ms service settingcontent-ms sh shb shs shtm shtml sldm slk so spl stm svg swf sys tar theme
    themepack timer uif url uue vb vbe vbs vhd vhdx vxd wbk website wim wiz ws wsc wsf wsh xla xlam xlc xll xlm
    xls xlsb xlsm xlt xltm xlw xnk xps xsl xz z
    """.split()  # noqa: SIM905 - as it is published
)

#: What macOS counts as unsafe to open: programs, scripts, locations, disk images, settings.
APPLE = frozenset(
    """
    command tool terminal webloc inetloc fileloc afploc pkg mpkg mobileconfig scpt scptd workflow action dylib
    bundle plugin kext prefpane saver osax sh bash zsh fish run bin appimage desktop rb php so sparseimage
    sparsebundle cdr toast dmg ftploc mailloc newsloc atloc vncloc app csh applescript
    """.split()  # noqa: SIM905 - as it is published
)

#: Others that run, fetch or mount something on Windows when they are opened.
WINDOWS = frozenset(
    """
    rdp ica appinstaller vsto vsix searchconnector-ms mcl glk iqy slk wll drv ocx job themepack deskthemepack
    wcx msrcincident accde accda accdr accdc dqy oqy rqy odc oxt
    """.split()  # noqa: SIM905 - as it is published
)

#: Set-OwaMailboxPolicy, the default of BlockedMimeTypes, and those that go with the extensions above.
TYPES = frozenset(
    """
    application/hta application/javascript application/prg application/x-javascript text/javascript text/scriplet
    text/scriptlet application/x-msdownload application/x-msdos-program application/x-dosexec application/x-executable
    application/vnd.microsoft.portable-executable application/x-ms-installer application/x-msi application/x-ms-shortcut
    application/java-archive application/x-sh application/x-csh application/x-bat application/x-elf
    application/x-sharedlib application/x-mach-binary application/x-iso9660-image application/x-cd-image
    application/x-vhd-disk application/vnd.ms-htmlhelp application/x-java-jnlp-file application/x-ms-application
    application/appx application/msix text/vbscript text/jscript text/x-python text/x-shellscript text/x-msdos-batch
    text/x-ms-regedit
    """.split()  # noqa: SIM905 - as it is published
)

#: What file(1) 5.46 calls programs, libraries, bytecode, scripts by their first line, and images of disks.
TRUE_TYPES = frozenset(
    """
    application/x-dosexec application/vnd.microsoft.portable-executable application/x-lx-executable
    application/x-ms-ne-executable application/x-c32-comboot-syslinux-exec application/x-object
    application/x-executable application/x-pie-executable application/x-sharedlib application/x-mach-binary
    application/x-bytecode.python application/x-java-applet text/x-shellscript text/x-msdos-batch
    application/x-setupscript application/x-ms-shortcut application/x-mswinurl application/x-iso9660-image
    application/x-compressed-iso application/x-virtualbox-vhd application/vnd.ms-htmlhelp application/wasm
    """.split()  # noqa: SIM905 - one name a word
)

_DOCUMENT = "a document: opened and looked into, its macros and scripts are findings of their own"
_PAGE = "a page: looked into for scripts and smuggled files"
_ARCHIVE = "an archive: opened, and what is inside is judged; one that can't be opened is uninspectable"
_DATA = "offices exchange it, and it runs nothing when it is opened"
_SERVER = "runs on a server alone"
_GONE = "its player is gone from browsers and systems"

#: Extension -> the reason why no category has it.
EXCEPTIONS: Mapping[str, str] = {
    **dict.fromkeys(("doc", "dot", "wbk", "asd", "odt", "rtf", "hwpx", "pub"), _DOCUMENT),
    **dict.fromkeys(("xls", "xlt", "xlc", "xlw", "pot", "pps", "ppt", "oxps", "xps"), _DOCUMENT),
    **dict.fromkeys(("htm", "html", "shtm", "shtml", "stm", "mht", "mhtml", "svg", "xsl", "eml", "ics"), _PAGE),
    **dict.fromkeys(("7z", "ace", "arj", "bz2", "gz", "lha", "lzh", "rar", "rev", "tar", "uue", "xz", "z"), _ARCHIVE),
    **dict.fromkeys(("cer", "crt", "der", "mdb", "dbf", "pst", "tmp", "dif", "ani", "cs"), _DATA),
    **dict.fromkeys(("asp", "aspx"), _SERVER),
    **dict.fromkeys(("service", "timer"), "does nothing where it isn't installed by root"),
    **dict.fromkeys(("swf", "spl", "dcr", "dir"), _GONE),
}
