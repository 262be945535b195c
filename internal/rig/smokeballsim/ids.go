package smokeballsim

import (
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"
)

// chance draws random ids, delays and decisions from one seed. It is not safe for concurrent
// use: the server draws while it holds its lock.
type chance struct{ src *rand.ChaCha8 }

// newChance starts a separate series for each seed and start, so that an id that was drawn
// before a restart is not drawn again.
func newChance(seed, start uint64) chance {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	binary.LittleEndian.PutUint64(key[8:], start)
	return chance{rand.NewChaCha8(key)}
}

func (c chance) id() string {
	var b [16]byte
	c.fill(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return uuid.UUID(b).String()
}

// secret is 32 bytes in hex: a code, a token or the tail of a pre-signed address.
func (c chance) secret() string {
	var b [32]byte
	c.fill(b[:])
	return hex.EncodeToString(b[:])
}

func (c chance) fill(b []byte) {
	for i := 0; i < len(b); i += 8 {
		binary.LittleEndian.PutUint64(b[i:], c.src.Uint64())
	}
}

func (c chance) within(d Delay) time.Duration {
	if d.Max <= d.Min {
		return d.Min
	}
	return d.Min + time.Duration(c.src.Uint64()%uint64(d.Max-d.Min+1))
}

// hit returns true with the given probability; 0 means always.
func (c chance) hit(probability float64) bool {
	return probability <= 0 || probability >= 1 || rand.New(c.src).Float64() < probability
}
