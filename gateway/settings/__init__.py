"""YAML to typed settings; a mistake is reported as `file:line:column: path: sentence (did you mean …?)`.

The only way in is `loading.load`. All other modules take plain values: no other module of the mail path knows this
package. `places` and `yaml.document` load no types: commands that only ask a running gateway use them.
"""
