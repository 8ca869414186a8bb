# The functions of a transform that are made of others. What they call is in natives.rs, or jq itself.
def null: [][0];
def true: 0 == 0;
def false: 0 == 1;
def not: if . then false else true end;
def empty: [][];
def select(f): if f then . else empty end;
def tostring: "\(.)";
def abs: if . < 0 then -. else . end;

def map(f): [.[] | f];
def map_values(f): .[] |= f;
def del(f): f |= empty;

def values: select(. != null);
def nulls: select(. == null);
def booleans: select(type == "boolean");
def numbers: select(type == "number");
def strings: select(type == "string");
def arrays: select(type == "array");
def objects: select(type == "object");

def first: .[0];
def last: .[-1];
def isempty(g): first((g | false), true);
def any(g; f): isempty(g | if f then . else empty end) | not;
def all(g; f): isempty(g | if f then empty else . end);
def any(f): any(.[]; f);
def all(f): all(.[]; f);
def any: any(.[]; .);
def all: all(.[]; .);

def add(f): [f] | sum;
def add: [.[]] | sum;
def flatten: flatten(1000);
def min: min_by(.);
def max: max_by(.);
def unique_by(f): [group_by(f)[] | .[0]];
def unique: unique_by(.);

def from_entries: [.[] | {(.key): .value}] | sum + {};
def with_entries(f): to_entries | map(f) | from_entries;

def @text: tostring;
def @json: tojson;
def @uri: tostring | uri;
def @base64: tostring | base64;
