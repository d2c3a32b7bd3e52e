// A grid operator's control box on enbility/eebus-go, driven by lines on its input; says what it hears in lines on its output.
// Build it in a checkout of that library: copy it to cmd/guard/main.go, then `go build ./cmd/guard`.
package main

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/enbility/eebus-go/api"
	"github.com/enbility/eebus-go/service"
	ucapi "github.com/enbility/eebus-go/usecases/api"
	"github.com/enbility/eebus-go/usecases/eg/lpc"
	"github.com/enbility/eebus-go/usecases/eg/lpp"
	shipapi "github.com/enbility/ship-go/api"
	"github.com/enbility/ship-go/cert"
	spineapi "github.com/enbility/spine-go/api"
	"github.com/enbility/spine-go/model"
)

type guard struct {
	lpc    ucapi.EgLPCInterface
	lpp    ucapi.EgLPPInterface
	entity spineapi.EntityRemoteInterface
}

// The kept certificate of a folder, or a new one.
func identity(folder string) (tls.Certificate, string) {
	certFile, keyFile := filepath.Join(folder, "box.crt"), filepath.Join(folder, "box.key")
	kept, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		made, err := cert.CreateCertificate("Test", "Test", "DE", "Guard-1")
		check(err)
		key, err := x509.MarshalECPrivateKey(made.PrivateKey.(*ecdsa.PrivateKey))
		check(err)
		write(certFile, "CERTIFICATE", made.Certificate[0])
		write(keyFile, "EC PRIVATE KEY", key)
		kept = made
	}
	leaf, err := x509.ParseCertificate(kept.Certificate[0])
	check(err)
	ski, err := cert.SkiFromCertificate(leaf)
	check(err)
	return kept, ski
}

func write(file, kind string, bytes []byte) {
	check(os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: bytes}), 0o600))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func say(format string, args ...any) { fmt.Printf(format+"\n", args...) }

func (g *guard) RemoteSKIConnected(_ api.ServiceInterface, _ string)    {}
func (g *guard) RemoteSKIDisconnected(_ api.ServiceInterface, _ string) { say("disconnected") }
func (g *guard) VisibleRemoteServicesUpdated(_ api.ServiceInterface, entries []shipapi.RemoteService) {
	for _, entry := range entries {
		say("visible %s", entry.Ski)
	}
}
func (g *guard) ServiceShipIDUpdate(_ string, _ string)                                {}
func (g *guard) ServicePairingDetailUpdate(_ string, _ *shipapi.ConnectionStateDetail) {}
func (g *guard) AllowWaitingForTrust(_ string) bool                                    { return true }

func (g *guard) onLPC(_ string, _ spineapi.DeviceRemoteInterface, entity spineapi.EntityRemoteInterface, event api.EventType) {
	switch event {
	case lpc.UseCaseSupportUpdate:
		g.entity = entity
		say("connected %v", g.lpc.AvailableScenariosForEntity(entity))
	case lpc.DataUpdateLimit:
		if limit, err := g.lpc.ConsumptionLimit(entity); err == nil {
			say("limit is %.0f active %v", limit.Value, limit.IsActive)
		}
	}
}

func (g *guard) onLPP(_ string, _ spineapi.DeviceRemoteInterface, entity spineapi.EntityRemoteInterface, event api.EventType) {
	if event == lpp.DataUpdateLimit {
		if limit, err := g.lpp.ProductionLimit(entity); err == nil {
			say("production is %.0f active %v", limit.Value, limit.IsActive)
		}
	}
}

func answer(name string) func(model.ResultDataType) {
	return func(result model.ResultDataType) {
		if *result.ErrorNumber == model.ErrorNumberTypeNoError {
			say("%saccepted", name)
		} else {
			say("%srejected %d", name, *result.ErrorNumber)
		}
	}
}

func (g *guard) do(words []string) {
	number := func(i int) float64 {
		value, _ := strconv.ParseFloat(words[i], 64)
		return value
	}
	seconds := func(i int) time.Duration { return time.Duration(number(i)) * time.Second }
	var err error
	switch words[0] {
	case "limit":
		limit := ucapi.LoadLimit{Value: number(1), IsActive: true, Duration: seconds(2), DeleteDuration: number(2) == 0}
		_, err = g.lpc.WriteConsumptionLimit(g.entity, limit, answer(""))
	case "release":
		_, err = g.lpc.WriteConsumptionLimit(g.entity, ucapi.LoadLimit{Value: 4200, DeleteDuration: true}, answer(""))
	case "production":
		_, err = g.lpp.WriteProductionLimit(g.entity, ucapi.LoadLimit{Value: number(1), IsActive: true}, answer("production "))
	case "failsafe":
		_, err = g.lpc.WriteFailsafeConsumptionActivePowerLimit(g.entity, number(1))
		if err == nil {
			_, err = g.lpc.WriteFailsafeDurationMinimum(g.entity, seconds(2))
		}
		say("failsafe sent")
	case "heartbeat":
		if words[1] == "off" {
			g.lpc.StopHeartbeat()
		} else {
			g.lpc.StartHeartbeat()
		}
		say("heartbeat %s", words[1])
	}
	if err != nil {
		say("failed %v", err)
	}
}

func main() {
	certificate, ski := identity(os.Args[2])
	if os.Args[1] == "ski" {
		fmt.Println(ski)
		return
	}
	port, err := strconv.Atoi(os.Args[3])
	check(err)
	g := &guard{}
	configuration, err := api.NewConfiguration(
		"Test", "Test", "Guard", "1",
		[]shipapi.DeviceCategoryType{shipapi.DeviceCategoryTypeGridConnectionHub},
		model.DeviceTypeTypeElectricitySupplySystem,
		[]model.EntityTypeType{model.EntityTypeTypeGridGuard},
		port, certificate, time.Second*60)
	check(err)
	it := service.NewService(configuration, g)
	check(it.Setup())
	entity := it.LocalDevice().EntityForType(model.EntityTypeTypeGridGuard)
	g.lpc = lpc.NewLPC(entity, g.onLPC)
	it.AddUseCase(g.lpc)
	g.lpp = lpp.NewLPP(entity, g.onLPP)
	it.AddUseCase(g.lpp)
	it.RegisterRemoteSKI(os.Args[4])
	it.Start()
	say("listens")
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		if words := strings.Fields(lines.Text()); len(words) > 0 {
			g.do(words)
		}
	}
}
