#!/bin/sh
# terminal.sh works|broken : a terminal with a shell in it, or with a program that reads nothing.
case $1 in
works) exec xterm -fa Monospace -fs 12 -e sh ;;
*) exec xterm -fa Monospace -fs 12 -e sleep 300 ;;
esac
