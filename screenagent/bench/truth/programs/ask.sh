#!/bin/sh
# ask.sh SCREEN works|broken : questions by zenity, and what came of them as a line in reports.txt.
set -u

case $1 in
licence)
    zenity --question --title=Installer --text="Install the fonts for everybody?" --ok-label=Install --cancel-label=Back || exit 0
    if [ "$2" = works ]; then
        echo installed >>reports.txt
        zenity --info --title=Installer --text="The fonts are installed."
    else
        zenity --error --title=Installer --text="Could not install the fonts: permission denied."
    fi
    ;;
folder)
    name=$(zenity --entry --title=Folder --text="Name of the folder") || exit 0
    if mkdir "$name" 2>/dev/null; then
        echo "made $name" >>reports.txt
        zenity --info --title=Folder --text="The folder was made."
    else
        zenity --warning --title=Folder --text="The folder already exists."
    fi
    ;;
esac
